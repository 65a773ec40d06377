import type { AgeBand } from './calendar.ts'
import { type Diagnosis, diagnoses } from './diagnoses.ts'
import { type Random, type Weighted, weighted } from './random.ts'
import type { Sex, Specialty } from './specialties.ts'
import type { Doctor } from './state.ts'
import { type AgeRange, fitsAge } from './text-table.ts'

/** Whom a doctor sees: null is what is not known, and then only what has no limit fits. */
export interface Person {
  band: AgeBand | null
  sex: Sex | null
}

export function fits(limits: AgeRange & { sex: Sex | null }, { band, sex }: Person): boolean {
  return fitsAge(limits, band) && (limits.sex === null || limits.sex === sex)
}

/** Finds what a person may have and which doctor of the hospital treats it. */
export class Matcher {
  #doctors = new Map<Specialty, Doctor[]>()
  #possible = new Map<string, Weighted<Diagnosis>>()

  constructor(doctors: readonly Doctor[]) {
    for (const doctor of doctors) this.add(doctor)
  }

  add(doctor: Doctor): void {
    const colleagues = this.#doctors.get(doctor.specialty)
    if (colleagues) {
      colleagues.push(doctor)
      return
    }
    this.#doctors.set(doctor.specialty, [doctor])
    this.#possible.clear()
  }

  has(specialty: Specialty): boolean {
    return this.#doctors.has(specialty)
  }

  diagnosis(random: Random, person: Person): Diagnosis {
    return random.draw(this.#possibleFor(person))
  }

  /** Another diagnosis of the same doctor, or null if none comes up. */
  otherDiagnosis(random: Random, person: Person, specialty: Specialty, present: Diagnosis): Diagnosis | null {
    const possible = this.#possibleFor(person)
    for (let tries = 0; tries < 30; tries++) {
      const diagnosis = random.draw(possible)
      if (diagnosis !== present && diagnosis.specialties.includes(specialty)) return diagnosis
    }
    return null
  }

  doctor(random: Random, person: Person, diagnosis: Diagnosis): Doctor {
    return random.pick(
      this.#treating(person, diagnosis).flatMap((specialty) => this.#doctors.get(specialty)!),
    )
  }

  #treating(person: Person, diagnosis: Diagnosis): Specialty[] {
    return diagnosis.specialties.filter((specialty) => this.has(specialty) && fits(specialty, person))
  }

  #possibleFor(person: Person): Weighted<Diagnosis> {
    const name = `${person.band} ${person.sex}`
    const known = this.#possible.get(name)
    if (known) return known
    const possible = weighted(
      diagnoses.filter(
        (diagnosis) => fits(diagnosis, person) && this.#treating(person, diagnosis).length > 0,
      ),
      (diagnosis) => diagnosis.weight,
    )
    this.#possible.set(name, possible)
    return possible
  }
}
