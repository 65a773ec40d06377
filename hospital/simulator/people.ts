import { type Day, formatDay } from './calendar.ts'
import { fullName, mailbox } from './names.ts'
import { type Random, weighted } from './random.ts'
import type { Sex, Specialty } from './specialties.ts'
import type { DoctorRow, PatientRow } from './state.ts'

/** From and to in days of age, and share among patients. */
const AGE_PYRAMID = weighted(
  [
    [0, 28, 2],
    [29, 364, 2],
    [365, 1825, 6],
    [1826, 6574, 11],
    [6575, 10956, 13],
    [10957, 16435, 18],
    [16436, 23740, 24],
    [23741, 29219, 16],
    [29220, 32871, 6],
    [32872, 37500, 2],
  ] as const,
  ([, , share]) => share,
)

const BLOOD_TYPES = weighted(
  [
    ['O+', 37.4],
    ['A+', 35.7],
    ['B+', 8.5],
    ['O-', 6.6],
    ['A-', 6.3],
    ['AB+', 3.4],
    ['B-', 1.5],
    ['AB-', 0.6],
  ] as const,
  ([, share]) => share,
)

const GENDERS = weighted(
  [
    ['Female', 505],
    ['Male', 477],
    ['Other', 7],
    [null, 11],
  ] as const,
  ([, share]) => share,
)

const INSURERS = ['AET', 'BCB', 'CIG', 'HUM', 'KAI', 'MCD', 'MCR', 'UHC']
const MAIL_DOMAINS = ['example.com', 'example.org', 'example.net']

const BORN_HERE = 0.1
const DATE_OF_BIRTH_UNKNOWN = 0.008
const BLOOD_TYPE_UNKNOWN = 0.18
const CONTACT_UNKNOWN = 0.06
const UNINSURED = 0.08
const EXPERIENCE_UNKNOWN = 0.02
const MAIL = 0.6
export const TEMPORARY = 'TEMP-'

function phone(random: Random): string {
  return `+1-${random.int(201, 989)}-555-01${String(random.int(0, 99)).padStart(2, '0')}`
}

/** An e-mail address or a telephone number, both of ranges that belong to nobody. */
export function contact(random: Random, name: string, id: number): string {
  if (!random.chance(MAIL)) return phone(random)
  return `${mailbox(name, `patient.${id}`)}${random.int(1, 99)}@${random.pick(MAIL_DOMAINS)}`
}

export function insuranceId(random: Random): string {
  return `${random.pick(INSURERS)}-${random.int(100_000_000, 999_999_999)}`
}

function birthDay(random: Random, today: Day, bornHere: boolean): Day {
  if (bornHere) return today - random.int(0, 1)
  const [from, to] = random.draw(AGE_PYRAMID)
  return today - random.int(from, to)
}

/** A patient of the whole age pyramid; one who comes as time goes is a newborn of this hospital more often. */
export function newPatient(random: Random, id: number, today: Day, arrives: boolean): PatientRow {
  const [gender] = random.draw(GENDERS)
  const sex: Sex = gender === 'Female' || gender === 'Male' ? gender : random.pick(['Female', 'Male'])
  const name = fullName(random, sex)
  const birth = birthDay(random, today, arrives && random.chance(BORN_HERE))
  return {
    patient_id: id,
    full_name: name,
    date_of_birth: random.chance(DATE_OF_BIRTH_UNKNOWN) ? null : formatDay(birth),
    gender,
    blood_type: random.chance(BLOOD_TYPE_UNKNOWN) ? null : random.draw(BLOOD_TYPES)[0],
    contact_info: random.chance(CONTACT_UNKNOWN) ? null : contact(random, name, id),
    insurance_id: random.chance(UNINSURED) ? null : insuranceId(random),
  }
}

/** The same patient before anybody knew who it is: registered under a number that is merged away later. */
export function asTemporary(row: PatientRow): PatientRow {
  return { ...row, blood_type: null, contact_info: null, insurance_id: `${TEMPORARY}${row.patient_id}` }
}

export function isTemporary(row: PatientRow): boolean {
  return row.insurance_id?.startsWith(TEMPORARY) ?? false
}

export function newDoctor(random: Random, id: number, specialty: Specialty): DoctorRow {
  const name = fullName(random, random.pick(['Female', 'Male']))
  return {
    doctor_id: id,
    name,
    specialization: specialty.name,
    experience_years: random.chance(EXPERIENCE_UNKNOWN) ? null : 1 + random.int(0, 20) + random.int(0, 20),
    contact_info: random.chance(CONTACT_UNKNOWN) ? null : `${mailbox(name, 'doctor')}.${id}@hospital.example`,
  }
}
