import { withClient } from '@pipeline/cdc/database.ts'

const CHANGES_A_TRANSACTION = 5_000
/** The simulator's mix: of ten changes six create, three update and one deletes. */
const CREATES = 0.6
const UPDATES = 0.3

/**
 * Changes visits as fast as PostgreSQL takes it, in transactions of 5,000 changes: creates, then updates and deletes
 * of what was created. Needs patients and doctors. `changes` is a multiple of 5,000.
 */
export async function changeVisits(databaseUrl: string, changes: number): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    // What is measured begins at the commit: checking foreign keys is not part of it.
    await client.query('SET session_replication_role = replica')
    for (let done = 0; done < changes; done += CHANGES_A_TRANSACTION) {
      const count = Math.min(CHANGES_A_TRANSACTION, changes - done)
      const creates = Math.ceil(count * CREATES)
      const updates = Math.ceil(count * UPDATES)
      await client.query('BEGIN')
      const { rows } = await client.query<{ id: string }>(
        `WITH created AS (INSERT INTO public.visits (patient_id, doctor_id, visit_date, diagnosis)
         SELECT p.id, d.id, DATE '2026-01-01' + (i % 365), 'I10 Essential (primary) hypertension'
         FROM generate_series(1, $1::integer) i,
           (SELECT min(patient_id) AS id FROM public.patients) p, (SELECT min(doctor_id) AS id FROM public.doctors) d
         RETURNING visit_id) SELECT min(visit_id) AS id FROM created`,
        [creates],
      )
      const first = Number(rows[0]!.id)
      await client.query(
        `UPDATE public.visits SET total_cost = (visit_id % 90000) / 100.0 WHERE visit_id BETWEEN $1 AND $2`,
        [first, first + updates - 1],
      )
      await client.query('DELETE FROM public.visits WHERE visit_id BETWEEN $1 AND $2', [
        first + updates,
        first + count - creates - 1,
      ])
      await client.query('COMMIT')
    }
  })
}
