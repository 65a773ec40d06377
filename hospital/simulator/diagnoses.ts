import { DIAGNOSES } from './diagnosis-table.ts'
import { type Drug, drugByKey } from './formulary.ts'
import { type Sex, type Specialty, specialtyByCode } from './specialties.ts'
import { type AgeRange, ages, list, range, readTable } from './text-table.ts'

export interface Diagnosis extends AgeRange {
  code: string
  name: string
  /** The only sex that has it, or null. */
  sex: Sex | null
  specialties: readonly Specialty[]
  drugs: readonly Drug[]
  /** Least and most whole units of money that a visit costs. */
  cost: [number, number]
  weight: number
  /** Brings the patient back to the same doctor. */
  chronic: boolean
}

export const diagnoses: readonly Diagnosis[] = readTable(DIAGNOSES, 9).map(
  ([code, name, age, sex, departments, drugs, cost, weight, course]) => ({
    code: code!,
    name: name!,
    ...ages(age!),
    sex: sex === 'any' ? null : (sex as Sex),
    specialties: list(departments!).map(specialtyByCode),
    drugs: list(drugs!).map(drugByKey),
    cost: range(cost!),
    weight: Number(weight),
    chronic: course === 'chronic',
  }),
)

/** A diagnosis as a visit's row holds it. */
export function diagnosisText({ code, name }: Diagnosis): string {
  return `${code} ${name}`
}
