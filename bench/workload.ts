import { withClient } from '@pipeline/cdc/database.ts'

const ROWS_A_TRANSACTION = 5_000

/** Inserts visits as fast as PostgreSQL takes them, in transactions of 5,000; needs patients and doctors. */
export async function insertVisits(databaseUrl: string, rows: number): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    for (let done = 0; done < rows; done += ROWS_A_TRANSACTION) {
      await client.query(
        `INSERT INTO public.visits (patient_id, doctor_id, visit_date, diagnosis, total_cost)
         SELECT p.id, d.id, DATE '2026-01-01' + (i % 365), 'I10 Essential (primary) hypertension', (i % 90000) / 100.0
         FROM generate_series(1, $1::integer) i,
           (SELECT min(patient_id) AS id FROM public.patients) p, (SELECT min(doctor_id) AS id FROM public.doctors) d`,
        [Math.min(ROWS_A_TRANSACTION, rows - done)],
      )
    }
  })
}
