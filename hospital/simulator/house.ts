import { ageBand, type Day } from './calendar.ts'
import type { Clock } from './clock.ts'
import type { IdSource } from './ids.ts'
import type { Matcher, Person } from './matching.ts'
import { insert, type Operation, type SqlRow, update } from './operation.ts'
import type { Shelf } from './prescribing.ts'
import type { Random } from './random.ts'
import type { Schedule } from './schedule.ts'
import type { Doctor, Medicine, Patient, Visit } from './state.ts'
import { OLDEST } from './text-table.ts'

/** The hospital as the simulator knows it, and where its operations go. */
export interface House {
  readonly random: Random
  readonly clock: Clock
  readonly ids: IdSource
  readonly schedule: Schedule
  readonly matcher: Matcher
  readonly doctors: Doctor[]
  readonly patients: Patient[]
  readonly medicines: Medicine[]
  readonly maxPatients: number
  stock: Shelf
  emit: (operation: Operation) => void
}

export function added(house: House, table: string, row: SqlRow): void {
  house.emit(insert(table, row))
}

export function changed(house: House, table: string, row: SqlRow): void {
  house.emit(update(table, row))
}

/** Plans a step of a visit some days ahead; it does not come to pass once the visit is cancelled. */
export function later(house: House, visit: Visit, days: number, run: () => void): void {
  house.schedule.add(house.clock.after(days), () => {
    if (!visit.cancelled) run()
  })
}

/** A patient as diagnoses and doctors are matched to. */
export function personOn(patient: Patient, day: Day): Person {
  const { gender } = patient.row
  const band = patient.birth === null ? null : ageBand(patient.birth, day)
  return {
    band: band === null || band > OLDEST ? null : band,
    sex: gender === 'Female' || gender === 'Male' ? gender : null,
  }
}
