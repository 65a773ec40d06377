import type { Database } from '../warehouse/duckdb-file.ts'
import type { Difference } from './fold.ts'

/** Of the keys found, those whose row stands in another form in `others` at the same place in the order. */
export async function contradicted(
  db: Database,
  found: readonly Difference[],
  rows: string,
  others: string,
): Promise<Set<string>> {
  if (found.length === 0) return new Set()
  const keys = await db.rows<{ key: string }>(
    `SELECT a.row_key AS key FROM ${rows} a LEFT JOIN ${others} b ON a.row_key = b.row_key AND a.sequence = b.sequence
     WHERE a.versions > 1 OR (b.row_key IS NOT NULL AND a.hash IS DISTINCT FROM b.hash)`,
  )
  const conflicting = new Set(keys.map(({ key }) => key))
  return new Set(found.map(({ key }) => key).filter((key) => conflicting.has(key)))
}
