import { createHmac } from 'node:crypto'
import type { Row, Value } from '@pipeline/hospital/change.ts'
import * as calc from './arithmetic.ts'
import type { TestDatabase } from './database.ts'

export type TextRow = Record<string, string | null>
export type Priced = Row & { cost: string | null }

/** The key under which the tests name patients. */
export const PSEUDONYM_KEY = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f'

export function pseudonym(patientId: Value): string {
  const hmac = createHmac('sha256', Buffer.from(PSEUDONYM_KEY, 'hex')).update(`patient:${patientId}`)
  return hmac.digest('hex').slice(0, 32)
}

const money = calc.decimal
const text = (value: Value | undefined): string | null => (value == null ? null : String(value))
const unique = (rows: readonly Row[], column: string): string =>
  String(new Set(rows.map((row) => row[column])).size)
const costs = (rows: readonly Priced[]): (bigint | null)[] =>
  rows.map(({ cost }) => (cost === null ? null : BigInt(cost)))
const known = (rows: readonly Priced[]): number => rows.filter(({ cost }) => cost !== null).length
const by = (rows: readonly Row[], column: string, value: Value): Row[] =>
  rows.filter((row) => row[column] === value)

/** The four marts, computed from the final rows by loops over them, without a join. */
export function expectedMarts(db: TestDatabase): Record<string, TextRow[]> {
  const priced = (rows: Row[], cost: (row: Row) => bigint | null): Priced[] =>
    rows.map((row) => ({ ...row, cost: text(cost(row)?.toString()) }))
  const medicine = (row: Row): Row | undefined => by(db.rows('medicines'), 'medicine_id', row.medicine_id!)[0]
  const visits = priced(db.rows('visits'), calc.costOf)
  const prices = (id: Value | undefined): calc.Prices =>
    db.changes.flatMap(({ table, row, committedAt: at }) =>
      table === 'medicines' && row?.medicine_id === id ? [{ at, price: row!.price! }] : [],
    )
  const prescriptions = priced(db.rows('prescriptions'), (row) =>
    calc.prescriptionCost(row, prices(row.medicine_id)),
  )
  const bills = priced(db.rows('billing_payments'), (row) => calc.cents(row.total_amount))
  const of = (rows: Priced[], column: string, value: Value) => by(rows, column, value) as Priced[]
  const members = (column: string, ...tables: readonly Row[][]): number[] =>
    [...new Set(tables.flat().map((row) => row[column] as number))].sort((a, b) => a - b)
  const total = (rows: Priced[]): string => money(calc.sum(costs(rows)))
  const average = (rows: Priced[]) => calc.ratio(calc.sum(costs(rows)), known(rows), 2, 1n)
  const paid = (rows: Priced[]) => rows.filter(({ payment_status }) => payment_status === 'Paid')
  const open = (rows: Priced[]) => rows.filter(({ payment_status }) => payment_status !== 'Paid')
  const count = (rows: readonly unknown[]): string => String(rows.length)
  const unpriced = (rows: Priced[]): string => String(rows.length - known(rows))

  const doctorOf = (id: Value) => by(db.rows('doctors'), 'doctor_id', id)[0]
  const patientOf = (id: Value) => by(db.rows('patients'), 'patient_id', id)[0]

  const doctors = members('doctor_id', db.rows('doctors'), visits, prescriptions).map((id): TextRow => {
    const doctor = doctorOf(id)
    const seen = of(visits, 'doctor_id', id)
    const written = of(prescriptions, 'doctor_id', id)
    return {
      doctor_id: String(id),
      doctor_is_known: String(doctor !== undefined),
      doctor_name: text(doctor?.name) ?? 'Unknown',
      specialization: text(doctor?.specialization) ?? 'Unknown',
      experience_level: calc.experienceLevel(doctor?.experience_years),
      total_visits: count(seen),
      unique_patients: unique(seen, 'patient_id'),
      total_revenue: total(seen),
      average_visit_cost: average(seen),
      total_prescriptions: count(written),
      prescription_value: total(written),
      unpriced_prescriptions: unpriced(written),
    }
  })

  const monthOf = (row: Row): string => String(row.visit_date).slice(0, 7)
  const months = [...new Set(visits.map(monthOf))].sort().map((month): TextRow => {
    const seen = visits.filter((visit) => monthOf(visit) === month)
    const high = seen.filter(({ cost }) => cost !== null && BigInt(cost) > 50_000n).length
    return {
      month_start: `${month}-01`,
      visit_year: month.slice(0, 4),
      visit_month: String(Number(month.slice(5))),
      total_visits: count(seen),
      unique_patients: unique(seen, 'patient_id'),
      unique_doctors: unique(seen, 'doctor_id'),
      total_revenue: total(seen),
      average_visit_cost: average(seen),
      high_cost_visits: String(high),
      high_cost_share: calc.ratio(BigInt(high), known(seen), 4, 10_000n),
    }
  })

  const patients = members('patient_id', db.rows('patients'), visits, prescriptions, bills).map(
    (id): TextRow => {
      const [seen, written, billed] = [visits, prescriptions, bills].map((rows) => of(rows, 'patient_id', id))
      return {
        patient_pseudonym: pseudonym(id),
        patient_is_known: String(patientOf(id) !== undefined),
        age_group: calc.ageGroup(patientOf(id)?.date_of_birth),
        total_visits: count(seen!),
        total_visit_cost: total(seen!),
        average_visit_cost: average(seen!),
        total_prescriptions: count(written!),
        total_prescription_cost: total(written!),
        unpriced_prescriptions: unpriced(written!),
        total_bills: count(billed!),
        total_billed: total(billed!),
        total_paid: total(paid(billed!)),
        total_outstanding: total(open(billed!)),
      }
    },
  )

  const journey = members('visit_id', visits, prescriptions, bills).map((id): TextRow => {
    const visit = of(visits, 'visit_id', id)[0]
    const written = of(prescriptions, 'visit_id', id)
    const billed = of(bills, 'visit_id', id)
    const lowest = (column: string, rows: Priced[]): Value | undefined => members(column, rows)[0]
    const patientId = visit?.patient_id ?? lowest('patient_id', billed) ?? lowest('patient_id', written)!
    const doctorId = visit?.doctor_id ?? lowest('doctor_id', written)
    const history = of(visits, 'patient_id', patientId).sort(
      (a, b) =>
        String(a.visit_date).localeCompare(String(b.visit_date)) || Number(a.visit_id) - Number(b.visit_id),
    )
    const place = visit ? history.indexOf(visit) : -1
    const names = new Set(written.flatMap((row) => text(medicine(row)?.name) ?? []))
    const firstBill = billed.map((bill) => String(bill.billing_date)).sort()[0]
    let state = 'Partly paid'
    if (paid(billed).length === 0) state = 'Outstanding'
    if (open(billed).length === 0) state = billed.length === 0 ? 'Not billed' : 'Paid'
    return {
      visit_id: String(id),
      visit_is_known: String(visit !== undefined),
      patient_pseudonym: pseudonym(patientId),
      doctor_id: text(doctorId),
      doctor_name: text(doctorOf(doctorId ?? null)?.name) ?? 'Unknown',
      specialization: text(doctorOf(doctorId ?? null)?.specialization) ?? 'Unknown',
      visit_date: text(visit?.visit_date),
      month_start: visit ? `${monthOf(visit)}-01` : null,
      visit_number: place < 0 ? null : String(place + 1),
      days_since_previous_visit: calc.daysBetween(history[place - 1]?.visit_date, visit?.visit_date),
      diagnosis: text(visit?.diagnosis),
      total_cost: text(visit?.total_cost),
      cost_category: calc.costCategory(visit ? calc.costOf(visit) : null),
      prescriptions: count(written),
      medicines: names.size === 0 ? null : [...names].sort().join(', '),
      prescription_cost: total(written),
      unpriced_prescriptions: unpriced(written),
      bills: count(billed),
      billing_state: state,
      days_to_first_bill: calc.daysBetween(visit?.visit_date, firstBill),
      billed_amount: total(billed),
      paid_amount: total(paid(billed)),
      outstanding_balance: total(open(billed)),
      age_at_visit: text(calc.ageOn(patientOf(patientId)?.date_of_birth, visit?.visit_date)),
      age_group: calc.ageGroup(patientOf(patientId)?.date_of_birth, visit?.visit_date ?? null),
      patient_visits: count(history),
      patient_prescriptions: count(of(prescriptions, 'patient_id', patientId)),
      patient_bills: count(of(bills, 'patient_id', patientId)),
    }
  })

  return {
    doctor_performance: doctors,
    monthly_visit_stats: months,
    patient_spending_analysis: patients,
    patient_journey: journey,
  }
}
