import { parseDay } from './calendar.ts'
import { Clock } from './clock.ts'
import { findDrug, formulary } from './formulary.ts'
import type { House } from './house.ts'
import { countingIds, type IdSource } from './ids.ts'
import { Matcher } from './matching.ts'
import type { Operation } from './operation.ts'
import { isTemporary } from './people.ts'
import { shelf } from './prescribing.ts'
import { Random } from './random.ts'
import { toPatient } from './registration.ts'
import { Schedule } from './schedule.ts'
import { seed } from './seed.ts'
import { findSpecialty } from './specialties.ts'
import type { DoctorRow, MedicineRow, PatientRow } from './state.ts'
import { receive } from './visits.ts'

/** Rows of a hospital that is there already. */
export interface Dimensions {
  doctors: readonly DoctorRow[]
  patients: readonly PatientRow[]
  medicines: readonly MedicineRow[]
}

export interface SimulatorOptions {
  seed: number
  /** First day of the virtual clock, `YYYY-MM-DD`. */
  startDate: string
  /** Counts from 1 unless given. */
  ids?: IdSource
  /** How many to make of each, where there are none: 40, 500 and the whole formulary. */
  doctors?: number
  patients?: number
  medicines?: number
  /** About so many operations (20,000) are spread over so many days (365). */
  operations?: number
  days?: number
  /** The clock stays here once it gets here: `days` after the start unless given. */
  lastDate?: string
  /** Most events that are kept waiting for their day: 20,000. Beyond it the earliest comes before its day. */
  window?: number
  /** A hospital to take up. Doctors and medicines that the simulator does not know are left alone. */
  resume?: Dimensions
}

export interface Simulator {
  /** Rows for the dimensions that are still empty. To be called once, before `step`. */
  seedHospital(): Operation[]
  /** The next `count` operations or some more: what happens together comes together. */
  step(count: number): Operation[]
  /** What it keeps in mind, which stays bounded. */
  size(): { waiting: number; patients: number; doctors: number; medicines: number }
}

/** Most operations that one event gives: the most that `step` gives beyond what was asked. */
export const LARGEST_EVENT = 16

const OPERATIONS_A_VISIT = 5.1
const MOST_PATIENTS = 20_000

function moveIn(options: SimulatorOptions): House {
  const { seed, startDate, ids = countingIds(), operations = 20_000, days = 365, resume } = options
  const start = parseDay(startDate)
  const lastDay = options.lastDate === undefined ? start + days : parseDay(options.lastDate)
  const doctors = (resume?.doctors ?? []).flatMap((row) => {
    const specialty = findSpecialty(row.specialization)
    return specialty ? [{ row, specialty }] : []
  })
  const medicines = (resume?.medicines ?? []).flatMap((row) => {
    const drug = findDrug(row.name)
    return drug ? [{ row, drug }] : []
  })
  const patients = (resume?.patients ?? []).filter((row) => !isTemporary(row)).map(toPatient)
  return {
    random: new Random(seed),
    clock: new Clock(start, operations / OPERATIONS_A_VISIT / days, lastDay),
    ids,
    schedule: new Schedule(),
    matcher: new Matcher(doctors),
    doctors,
    patients,
    medicines,
    maxPatients: Math.max(MOST_PATIENTS, patients.length),
    stock: shelf(medicines),
    emit: () => {},
  }
}

/**
 * A believable hospital as a stream of row changes, without I/O: the same options give the same operations.
 * Of 100 operations about 60 are inserts, 30 updates and 10 deletes, and one in 1,000 is a rekey.
 */
export function createSimulator(options: SimulatorOptions): Simulator {
  const house = moveIn(options)
  const { clock, schedule } = house
  const { doctors = 40, patients = 500, medicines = formulary.length, window = 20_000 } = options
  let seeded = false

  const collect = (run: (operations: Operation[]) => void): Operation[] => {
    const operations: Operation[] = []
    house.emit = (operation) => operations.push(operation)
    run(operations)
    return operations
  }

  return {
    seedHospital: () =>
      collect(() => {
        if (seeded) throw new RangeError('the hospital is seeded already')
        seeded = true
        seed(house, { doctors, patients, medicines })
      }),
    step: (count) =>
      collect((operations) => {
        if (!seeded) throw new RangeError('call seedHospital first')
        while (operations.length < count) {
          if (schedule.nextDue <= clock.day || schedule.size > window) schedule.runNext()
          else if (clock.takeVisit()) receive(house)
          else clock.nextDay()
        }
      }),
    size: () => ({
      waiting: schedule.size,
      patients: house.patients.length,
      doctors: house.doctors.length,
      medicines: house.medicines.length,
    }),
  }
}
