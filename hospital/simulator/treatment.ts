import { added, changed, type House, personOn } from './house.ts'
import { fits } from './matching.ts'
import { remove } from './operation.ts'
import { chooseMedicines, duration, otherDosage, prescriptionCount } from './prescribing.ts'
import { type Medicine, type Prescription, prescriptionRow, type Visit, visitRow } from './state.ts'

const DOSAGE_UNKNOWN = 0.015
const DURATION_UNKNOWN = 0.02

function prescribe(house: House, visit: Visit, medicine: Medicine): void {
  const { random, clock, ids } = house
  const prescription: Prescription = {
    id: ids.next('prescriptions'),
    medicine,
    prescribedAt: clock.instant(random.next()),
    dosage: random.chance(DOSAGE_UNKNOWN) ? null : random.pick(medicine.drug.dosages),
    duration: random.chance(DURATION_UNKNOWN) ? null : duration(random, medicine.drug.course),
  }
  visit.prescriptions.push(prescription)
  added(house, 'prescriptions', prescriptionRow(visit, prescription))
}

function takeBack(house: House, visit: Visit, prescription: Prescription): void {
  visit.prescriptions = visit.prescriptions.filter((other) => other !== prescription)
  house.emit(remove('prescriptions', { prescription_id: prescription.id }))
}

/** Medicines against the visit's diagnosis, for a patient of that age: often none, sometimes several. */
export function treat(house: House, visit: Visit, wanted = prescriptionCount(house.random)): void {
  const { band } = personOn(visit.patient, visit.day)
  const medicines = chooseMedicines(house.random, house.stock, visit.diagnosis, band, wanted)
  for (const medicine of medicines) prescribe(house, visit, medicine)
}

/** The diagnosis of a visit becomes known. */
export function diagnose(house: House, visit: Visit): void {
  visit.diagnosed = true
  changed(house, 'visits', visitRow(visit))
  treat(house, visit)
}

/** It was something else: medicines that do not fit any more are taken back and others prescribed. */
export function rediagnose(house: House, visit: Visit): void {
  if (!visit.diagnosed) return
  const { patient, doctor } = visit
  const person = personOn(patient, visit.day)
  if (!fits(doctor.specialty, person)) return
  const before = visit.diagnosis
  const diagnosis = house.matcher.otherDiagnosis(house.random, person, doctor.specialty, before)
  if (diagnosis === null) return
  visit.diagnosis = diagnosis
  if (patient.condition?.diagnosis === before) {
    patient.condition = diagnosis.chronic ? { diagnosis, doctor } : null
  }
  changed(house, 'visits', visitRow(visit))
  const unfit = visit.prescriptions.filter(({ medicine }) => !diagnosis.drugs.includes(medicine.drug))
  for (const prescription of unfit) takeBack(house, visit, prescription)
  if (unfit.length > 0 && visit.prescriptions.length === 0) treat(house, visit, 1)
}

export function correctDosage(house: House, visit: Visit): void {
  if (visit.prescriptions.length === 0) return
  const prescription = house.random.pick(visit.prescriptions)
  const dosage = otherDosage(house.random, prescription.medicine.drug, prescription.dosage)
  if (dosage === null) return
  prescription.dosage = dosage
  changed(house, 'prescriptions', prescriptionRow(visit, prescription))
}

/** A medicine that the patient did not bear. */
export function withdraw(house: House, visit: Visit): void {
  if (visit.prescriptions.length > 0) takeBack(house, visit, house.random.pick(visit.prescriptions))
}
