import { charge, cost, price, reprice } from './billing.ts'
import type { AgeBand } from './calendar.ts'
import { added, type House, later, personOn } from './house.ts'
import { fits } from './matching.ts'
import { remove } from './operation.ts'
import { correctContact, correctExperience, correctPrice, register } from './registration.ts'
import { type Patient, type Visit, visitRow } from './state.ts'
import { correctDosage, diagnose, rediagnose, treat, withdraw } from './treatment.ts'

/** How often things happen, each by itself, for one visit. */
const RATES = {
  newPatient: 0.09,
  followUp: 0.45,
  diagnosedLater: 0.11,
  neverDiagnosed: 0.01,
  pricedLater: 0.3,
  rediagnosed: 0.06,
  repriced: 0.07,
  redosed: 0.09,
  withdrawn: 0.1,
  cancelled: 0.13,
  contactCorrected: 0.09,
  experienceCorrected: 0.006,
  medicinePriceCorrected: 0.012,
}

/** How readily a person of that age comes, from 0 to 1. */
function need(band: AgeBand | null): number {
  if (band === null) return 0.4
  if (band < 1) return 0.9
  if (band < 5) return 0.55
  if (band < 18) return 0.3
  if (band <= 40) return 0.4
  return band <= 65 ? 0.6 : 0.95
}

function known(house: House): Patient | null {
  const { random, clock, patients } = house
  if (patients.length === 0) return null
  for (let tries = 0; tries < 40; tries++) {
    const patient = random.pick(patients)
    if (patient.birth !== null && patient.birth > clock.day) continue
    if (random.chance(need(personOn(patient, clock.day).band))) return patient
  }
  return null
}

function open(house: House, patient: Patient): Visit {
  const { random, clock, ids, matcher } = house
  const person = personOn(patient, clock.day)
  const { condition } = patient
  const again =
    condition !== null &&
    random.chance(RATES.followUp) &&
    fits(condition.diagnosis, person) &&
    fits(condition.doctor.specialty, person)
  const diagnosis = again ? condition.diagnosis : matcher.diagnosis(random, person)
  const doctor = again ? condition.doctor : matcher.doctor(random, person, diagnosis)
  if (diagnosis.chronic) patient.condition = { diagnosis, doctor }
  return {
    id: ids.next('visits'),
    patient,
    doctor,
    day: clock.day,
    diagnosis,
    diagnosed: !random.chance(RATES.diagnosedLater + RATES.neverDiagnosed),
    cents: random.chance(RATES.pricedLater) ? null : cost(random, diagnosis.cost),
    prescriptions: [],
    bills: [],
    cancelled: false,
  }
}

/** A visit that should not be on record: all that belongs to it goes first. */
function cancel(house: House, visit: Visit): void {
  visit.cancelled = true
  for (const { id } of visit.prescriptions) house.emit(remove('prescriptions', { prescription_id: id }))
  for (const { id } of visit.bills) house.emit(remove('billing_payments', { billing_id: id }))
  house.emit(remove('visits', { visit_id: visit.id }))
}

function planCorrections(house: House, visit: Visit): void {
  const { random } = house
  const plan = (rate: number, most: number, run: (house: House, visit: Visit) => void) => {
    if (random.chance(rate)) later(house, visit, random.int(0, most), () => run(house, visit))
  }
  plan(RATES.rediagnosed, 10, rediagnose)
  plan(RATES.repriced, 25, reprice)
  plan(RATES.redosed, 10, correctDosage)
  plan(RATES.withdrawn, 10, withdraw)
  plan(RATES.cancelled, 20, cancel)
}

/** A patient comes to a doctor, with all that happens at once, and what is to happen later goes on the schedule. */
export function receive(house: House): void {
  const { random } = house
  const patient = (random.chance(RATES.newPatient) ? null : known(house)) ?? register(house)
  const visit = open(house, patient)
  added(house, 'visits', visitRow(visit))
  if (visit.diagnosed) treat(house, visit)
  else if (random.chance(RATES.diagnosedLater / (RATES.diagnosedLater + RATES.neverDiagnosed))) {
    later(house, visit, random.int(1, 5), () => diagnose(house, visit))
  }
  if (visit.cents === null) later(house, visit, random.int(1, 7), () => price(house, visit))
  else charge(house, visit)
  planCorrections(house, visit)
  if (random.chance(RATES.contactCorrected)) correctContact(house, patient)
  if (random.chance(RATES.experienceCorrected)) correctExperience(house)
  if (random.chance(RATES.medicinePriceCorrected)) correctPrice(house)
}
