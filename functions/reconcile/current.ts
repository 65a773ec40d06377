import { literal } from '../quoting.ts'
import { compareRows } from './compare.ts'
import type { CurrentRows, Offsets } from './current-store.ts'
import { explain } from './explain.ts'
import type { Difference } from './fold.ts'
import type { Ranging } from './postgres.ts'
import { size } from './ranges.ts'
import type { StoreReport } from './report.ts'
import { gapsIn, type TableInput } from './table-input.ts'

const NOT_MADE: Difference = { key: '', sequence: null, kind: 'missing' }

/** SQL that is true of a change whose offset a store has taken. */
function takenSql(taken: Offsets): string {
  const parts = [...taken].flatMap(([id, ranges]) => {
    const partition = Number(id.slice(id.lastIndexOf('/') + 1))
    return ranges.map(
      ({ first, last }) => `("partition" = ${partition} AND "offset" BETWEEN ${first} AND ${last})`,
    )
  })
  return parts.length === 0 ? 'false' : `(${parts.join(' OR ')})`
}

/**
 * Of each key, what the lake's changes say: the newest change that the store has taken and its op, and the newest
 * end of the key that PostgreSQL's snapshot does not see. Truncates count for every key.
 */
async function mark({ db, visible }: TableInput, taken: Offsets): Promise<void> {
  const has = takenSql(taken)
  await db.run(`CREATE OR REPLACE TABLE current_marks AS
    WITH t AS (SELECT coalesce(max(sequence) FILTER (WHERE ${has}), '') AS taken,
        coalesce(max(sequence) FILTER (WHERE NOT ${visible}), '') AS unseen
      FROM lake_changes WHERE op = 't'),
    k AS (SELECT row_key, max(sequence) FILTER (WHERE ${has}) AS taken, arg_max(op, sequence) FILTER (WHERE ${has}) AS op,
        max(sequence) FILTER (WHERE op = 'd' AND NOT ${visible}) AS unseen
      FROM lake_changes WHERE op <> 't' GROUP BY row_key)
    SELECT k.row_key, greatest(coalesce(k.taken, ''), t.taken) AS taken,
      coalesce(k.op <> 'd' AND k.taken > t.taken, false) AS alive, greatest(coalesce(k.unseen, ''), t.unseen) AS unseen
    FROM k, t`)
}

/**
 * The store's rows wound back to PostgreSQL's snapshot: where the lake proves that a row, or its absence, comes of a
 * change which the snapshot does not see, and the store has nothing newer to show, the row that the snapshot sees
 * takes its place. All other rows stay as they are.
 */
async function windBack({ db, visible }: TableInput, rows: string, into: string): Promise<void> {
  await db.run(`CREATE OR REPLACE TABLE ${into} AS
    WITH ahead AS (SELECT DISTINCT s.row_key FROM ${rows} s
        JOIN lake_changes c ON c.row_key = s.row_key AND c.sequence = s.sequence AND c.hash = s.hash
        JOIN current_marks m ON m.row_key = s.row_key
      WHERE c.op NOT IN ('d', 't') AND NOT ${visible} AND m.taken <= s.sequence),
    ended AS (SELECT l.row_key FROM lake_rows l JOIN current_marks m ON m.row_key = l.row_key
        ANTI JOIN ${rows} s ON s.row_key = l.row_key
      WHERE m.unseen > l.sequence AND NOT m.alive)
    SELECT row_key, sequence, hash, versions FROM ${rows} ANTI JOIN ahead USING (row_key)
    UNION ALL SELECT row_key, sequence, hash, versions FROM lake_rows
      WHERE row_key IN (SELECT row_key FROM ahead UNION ALL SELECT row_key FROM ended)`)
}

/** Of the keys found, those that no change which is still to come explains. */
async function contradicted(
  { db }: TableInput,
  found: readonly Difference[],
  rows: string,
  lakeIsWhole: boolean,
): Promise<Set<string>> {
  if (found.length === 0) return new Set()
  const keys = found.map(({ key }) => `(${literal(key)})`).join(', ')
  const contradicting = await db.rows<{ key: string }>(
    `SELECT f.row_key AS key FROM (VALUES ${keys}) f(row_key)
       LEFT JOIN ${rows} s ON s.row_key = f.row_key
       LEFT JOIN current_marks m ON m.row_key = f.row_key
       LEFT JOIN (SELECT row_key, sequence, bool_or(op NOT IN ('d', 't')) AS rows, list(hash) AS hashes
         FROM lake_changes WHERE row_key IN (SELECT * FROM (VALUES ${keys})) GROUP BY ALL) c
       ON c.row_key = s.row_key AND c.sequence = s.sequence
     WHERE CASE WHEN s.row_key IS NULL THEN coalesce(m.alive, false)
       ELSE coalesce(m.taken, '') > s.sequence
         OR (c.row_key IS NOT NULL AND (NOT c.rows OR NOT list_contains(c.hashes, s.hash)))
         OR (c.row_key IS NULL AND ${lakeIsWhole}) END`,
  )
  return new Set(contradicting.map(({ key }) => key))
}

/** Compares a store of current rows, which may be older or newer than PostgreSQL's snapshot, with the snapshot. */
export async function reconcileCurrent(
  input: TableInput,
  ranging: Ranging,
  current: CurrentRows,
  lakeOpen: number,
): Promise<StoreReport> {
  const { store, rows, taken, lost } = current
  const open = size(gapsIn(input, taken).open)
  if (rows === undefined) {
    const nothing = { rows: 0, differences: open > 0 ? [NOT_MADE] : [], more: 0, faults: [] }
    const notes = ['not made yet: the sink makes it with its first message']
    return explain({ store, ...nothing, contradicted: new Set(), open: input.captured ? open : null, notes })
  }
  const wound = `${store}_at_snapshot`
  await mark(input, taken)
  await windBack(input, rows, wound)
  const { count, found, total } = await compareRows(input, wound, ranging, input.columns)
  const toCome = open > 0 ? open : lakeOpen
  return explain({
    store,
    rows: count,
    differences: found,
    more: total - found.length,
    contradicted: await contradicted(input, found, rows, lakeOpen === 0),
    open: input.captured ? toCome : null,
    faults: lost.map(({ first, last }) => `offsets ${first} to ${last} are missing and later ones are there`),
    notes: [],
  })
}
