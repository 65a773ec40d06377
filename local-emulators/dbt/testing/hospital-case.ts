import type { Row } from '@pipeline/hospital/change.ts'
import { randomBelow, TestDatabase } from './database.ts'

export const AS_OF = '2026-06-15'

/** In every value of the case that identifies a patient. */
export const MARKER = 'PRIVATE'

/** Every duration of the case and its days. */
export const DURATIONS: readonly (readonly [string | null, number | null])[] = [
  ['1 day', 1],
  ['3 days', 3],
  ['1 week', 7],
  [' 2 Weeks ', 14],
  ['1 month', 30],
  ['6 MONTHS', 180],
  [null, null],
]
const STATUSES = ['Paid', 'Unpaid', 'Pending']
const BIRTHDAYS = ['2008-06-14', '2008-06-15', '2008-06-16', '2004-02-29', '1960-06-15', null]
const COSTS = ['200.00', '200.01', '500.00', '500.01', '0.01', '33.33', null]

function patient(id: number): Row {
  return {
    patient_id: id,
    full_name: `${MARKER} 李雷 "O'Neil"\nمريم ${id}`,
    date_of_birth: BIRTHDAYS[id % BIRTHDAYS.length]!,
    gender: id % 2 ? 'Female' : null,
    blood_type: 'AB-',
    contact_info: `${MARKER}${id}@example.org`,
    insurance_id: id % 3 ? `${MARKER}-${id}` : null,
  }
}

function addDimensions(db: TestDatabase): void {
  for (const [index, years] of [4, 5, 15, 16, null].entries()) {
    const doctor_id = index + 1
    const name = `Dr. D'Artagnan "${doctor_id}"\\ Ångström`
    const specialization = index % 2 ? 'Cardiology' : '小児科'
    const row = { doctor_id, name, specialization, experience_years: years, contact_info: null }
    db.insert('doctors', row, 'r')
  }
  for (let id = 1; id <= 20; id += 1) db.insert('patients', patient(id), 'r')
  for (const [index, price] of ['33.33', '9.99', '10.00', '50.01', '99999999.99'].entries()) {
    const row = { medicine_id: index + 1, name: `Medicine ${'DBAEC'[index]}`, price }
    db.insert('medicines', { ...row, category: null, manufacturer: "L'Usine, GmbH" }, 'r')
  }
}

function addFacts(db: TestDatabase): void {
  const below = randomBelow(7)
  for (let id = 1; id <= 60; id += 1) {
    const visit_date = new Date(Date.UTC(2025, 10 + below(5), 1 + below(28))).toISOString().slice(0, 10)
    const visit = { visit_id: id, patient_id: 1 + below(15), doctor_id: 1 + below(4), visit_date }
    const diagnosis = id % 5 ? 'J10.1 Influenza' : null
    db.insert('visits', { ...visit, diagnosis, total_cost: COSTS[below(COSTS.length)]! })
  }
  for (let id = 1; id <= 90; id += 1) {
    const ids = { prescription_id: id, patient_id: 1 + below(15), doctor_id: 1 + below(4) }
    const duration = DURATIONS[below(DURATIONS.length)]![0]
    const prescribed_at = `2026-01-${10 + below(20)}T23:59:59.${100000 + id}Z`
    const rest = { prescribed_at, dosage: null, duration }
    db.insert('prescriptions', { ...ids, medicine_id: 1 + below(5), visit_id: 1 + below(40), ...rest })
    const bill = { billing_id: id, patient_id: ids.patient_id, visit_id: 1 + below(40) }
    const status = { billing_date: '2026-03-01', payment_status: STATUSES[below(3)]! }
    db.insert('billing_payments', { ...bill, ...status, total_amount: `${below(900)}.${10 + below(90)}` })
  }
}

/**
 * A hospital with everything that may happen to a row: changed, deleted, inserted again, its key changed, truncated,
 * and facts of a doctor, a patient, a medicine and visits that are not there yet.
 */
export function hospitalCase(): TestDatabase {
  const db = new TestDatabase()
  addDimensions(db)
  db.insert('billing_payments', {
    ...{ billing_id: 1, patient_id: 1, visit_id: 1, billing_date: '2025-01-01' },
    ...{ total_amount: '5.00', payment_status: 'Paid' },
  })
  db.insert('billing_payments', {
    ...{ billing_id: 999, patient_id: 1, visit_id: 1, billing_date: '2025-01-01' },
    ...{ total_amount: '77777.77', payment_status: 'Paid' },
  })
  db.truncate('billing_payments')
  addFacts(db)

  db.update('visits', 1, { total_cost: '99999999.99', diagnosis: 'A "quoted"\nline' })
  db.update('visits', 1, { total_cost: '99999999.98' })
  db.update('visits', 2, { visit_id: 102 })
  db.update('visits', 3, { total_cost: null })
  db.remove('visits', 59)
  db.remove('visits', 60)
  db.insert('visits', {
    ...{ visit_id: 60, patient_id: 2, doctor_id: 2, visit_date: '2024-02-29' },
    ...{ diagnosis: null, total_cost: '120.00' },
  })
  db.update('prescriptions', 1, { visit_id: 102, duration: '1 week' })
  db.remove('prescriptions', 2)
  db.update('billing_payments', 3, { payment_status: 'Paid', total_amount: '99999999.99' })
  db.remove('billing_payments', 4)
  db.update('patients', 1, { full_name: `${MARKER} renamed` })
  db.remove('patients', 20)
  const later = { medicine_id: 2, duration: '3 days' }
  db.update('prescriptions', 7, { ...later, prescribed_at: db.now().replace('Z', '000Z') })
  db.update('medicines', 2, { price: '10.01' })
  db.update('prescriptions', 8, { ...later, prescribed_at: db.now().replace('Z', '000Z') })
  db.update('medicines', 2, { category: 'Other' })
  db.update('medicines', 2, { price: '12.34' })
  db.update('prescriptions', 9, { ...later, prescribed_at: '2026-06-30T00:00:00.000000Z' })

  db.update('visits', 5, { doctor_id: 77 })
  db.update('visits', 6, { patient_id: 88 })
  db.update('prescriptions', 5, { medicine_id: 99, visit_id: 900 })
  db.update('prescriptions', 6, { doctor_id: 78 })
  db.update('billing_payments', 7, { visit_id: 901, patient_id: 89 })
  return db
}
