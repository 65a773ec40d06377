import type { Pool } from 'pg'
import { unavailable } from './postgres-errors.ts'

const ROWS_A_STEP = 10_000

/** Rows that another call holds are left for the next time, so that this waits for nobody. */
const STEP = `WITH old AS (
    SELECT table_name, key FROM pipeline.applied_events WHERE applied_at < now() - make_interval(days => $1)
    ORDER BY applied_at LIMIT ${ROWS_A_STEP} FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM pipeline.applied_events l USING old WHERE l.table_name = old.table_name AND l.key = old.key
    RETURNING l.table_name, l.event_time
  ), horizon AS (
    INSERT INTO pipeline.applied_horizon AS h (table_name, event_time)
    SELECT table_name, max(event_time) FROM gone GROUP BY table_name ORDER BY table_name
    ON CONFLICT (table_name) DO UPDATE SET event_time = greatest(h.event_time, excluded.event_time)
  )
  SELECT count(*)::integer AS gone FROM gone`

/**
 * Takes out of the ledger what nothing has touched for so many days, and remembers up to which event time it is no
 * longer whole. Goes on until all is gone or the time is over. Returns how many rows went. Throws DATABASE_UNAVAILABLE.
 */
export async function trimLedger(pool: Pool, days: number, patienceMs: number): Promise<number> {
  const deadline = Date.now() + patienceMs
  let total = 0
  try {
    for (;;) {
      const { rows } = await pool.query<{ gone: number }>(STEP, [days])
      total += rows[0]!.gone
      if (rows[0]!.gone < ROWS_A_STEP || Date.now() > deadline) return total
    }
  } catch (error) {
    throw unavailable(error)
  }
}
