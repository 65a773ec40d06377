import { readDay } from './calendar.ts'
import { added, changed, type House } from './house.ts'
import { formatCents, parseCents } from './money.ts'
import { rekey } from './operation.ts'
import { asTemporary, contact, insuranceId, newPatient } from './people.ts'
import type { Patient, PatientRow } from './state.ts'

const ADMITTED_UNKNOWN = 0.05
const MOST_YEARS = 55

export function toPatient(row: PatientRow): Patient {
  return { row, birth: row.date_of_birth === null ? null : readDay(row.date_of_birth), condition: null }
}

/** A new patient; in a full house one of the others is not seen any more. */
export function register(house: House): Patient {
  const { random, clock, ids, patients } = house
  const row = newPatient(random, ids.next('patients'), clock.day, true)
  const unknown = random.chance(ADMITTED_UNKNOWN)
  const patient = toPatient(unknown ? asTemporary(row) : row)
  added(house, 'patients', patient.row)
  if (unknown) house.schedule.add(clock.after(random.int(1, 12)), () => merge(house, patient))
  if (patients.length < house.maxPatients) patients.push(patient)
  else patients[random.int(0, patients.length - 1)] = patient
  return patient
}

/** Moves a temporary registration to a number of its own; all that belongs to the patient follows. */
function merge(house: House, patient: Patient): void {
  const before = patient.row
  const id = house.ids.next('patients')
  patient.row = {
    ...before,
    patient_id: id,
    contact_info: contact(house.random, before.full_name, id),
    insurance_id: insuranceId(house.random),
  }
  house.emit(rekey('patients', before, patient.row))
}

export function correctContact(house: House, patient: Patient): void {
  const { random } = house
  const { full_name, patient_id } = patient.row
  patient.row = { ...patient.row, contact_info: contact(random, full_name, patient_id) }
  changed(house, 'patients', patient.row)
}

export function correctExperience(house: House): void {
  const { random } = house
  const doctor = random.pick(house.doctors)
  const years = doctor.row.experience_years
  if (years !== null && years >= MOST_YEARS) return
  doctor.row = { ...doctor.row, experience_years: years === null ? random.int(1, 40) : years + 1 }
  changed(house, 'doctors', doctor.row)
}

export function correctPrice(house: House): void {
  const { random } = house
  if (house.medicines.length === 0) return
  const medicine = random.pick(house.medicines)
  const before = parseCents(medicine.row.price)
  const after = Math.max(1, Math.round((before * random.int(92, 112)) / 100))
  if (after === before) return
  medicine.row = { ...medicine.row, price: formatCents(after) }
  changed(house, 'medicines', medicine.row)
}
