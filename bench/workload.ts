import { withClient } from '@pipeline/cdc/database.ts'
import type pg from 'pg'

/** One transaction, in the simulator's mix of 60 % creates, 30 % updates and 10 % deletes over the three fact tables. */
const VISITS = 1_000
const VISIT_UPDATES = 500
const BILL_UPDATES = 1_000
const DELETES = { prescriptions: 250, billing_payments: 125, visits: 125 }
export const CHANGES_A_TRANSACTION = 3 * VISITS + VISIT_UPDATES + BILL_UPDATES + 500

/** Inserts a row for each of 1,000 numbers `i`; returns the first id. */
async function create(client: pg.Client, key: string, into: string, select: string): Promise<number> {
  const { rows } = await client.query<{ first: string }>(
    `WITH created AS (INSERT INTO public.${into} ${select} FROM generate_series(0, ${VISITS - 1}) i,
       (SELECT min(patient_id) AS id FROM public.patients) p, (SELECT min(doctor_id) AS id FROM public.doctors) d,
       (SELECT min(medicine_id) AS id FROM public.medicines) m RETURNING ${key})
     SELECT min(${key}) AS first FROM created`,
  )
  return Number(rows[0]!.first)
}

async function transaction(client: pg.Client): Promise<void> {
  const visits = await create(
    client,
    'visit_id',
    'visits (patient_id, doctor_id, visit_date, diagnosis)',
    `SELECT p.id, d.id, DATE '2026-01-01' + i % 365, 'I10 Essential (primary) hypertension'`,
  )
  const prescriptions = await create(
    client,
    'prescription_id',
    'prescriptions (patient_id, doctor_id, medicine_id, visit_id, prescribed_at, dosage, duration)',
    `SELECT p.id, d.id, m.id, ${visits} + i, now(), '1 tablet once daily after food', '2 weeks'`,
  )
  const bills = await create(
    client,
    'billing_id',
    'billing_payments (patient_id, visit_id, billing_date, total_amount, payment_status)',
    `SELECT p.id, ${visits} + i, DATE '2026-01-02' + i % 365, i / 10.0, 'Pending'`,
  )
  const range = (key: string, first: number, count: number): string =>
    `WHERE ${key} BETWEEN ${first} AND ${first + count - 1}`
  await client.query(
    `UPDATE public.visits SET total_cost = (visit_id % 90000) / 100.0 ${range('visit_id', visits, VISIT_UPDATES)}`,
  )
  await client.query(
    `UPDATE public.billing_payments SET payment_status = 'Paid' ${range('billing_id', bills, BILL_UPDATES)}`,
  )
  const doomed = {
    prescriptions: range('prescription_id', prescriptions, DELETES.prescriptions),
    billing_payments: range('billing_id', bills, DELETES.billing_payments),
    visits: range('visit_id', visits, DELETES.visits),
  }
  for (const [table, where] of Object.entries(doomed)) {
    await client.query(`DELETE FROM public.${table} ${where}`)
  }
}

/**
 * Makes changes as fast as PostgreSQL takes them, in transactions of 5,000. Needs a patient, a doctor and a medicine.
 * Returns how many: the whole transactions of what was asked.
 */
export async function changeFacts(databaseUrl: string, changes: number): Promise<number> {
  const transactions = Math.max(1, Math.floor(changes / CHANGES_A_TRANSACTION))
  await withClient(databaseUrl, async (client) => {
    // What is measured begins at the commit: checking foreign keys is not part of it.
    await client.query('SET session_replication_role = replica')
    for (let done = 0; done < transactions; done++) {
      await client.query('BEGIN')
      await transaction(client)
      await client.query('COMMIT')
    }
  })
  return transactions * CHANGES_A_TRANSACTION
}
