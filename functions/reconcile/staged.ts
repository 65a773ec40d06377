import { compareRows } from './compare.ts'
import { explain } from './explain.ts'
import { type Difference, fold } from './fold.ts'
import type { Ranging } from './postgres.ts'
import type { StoreReport } from './report.ts'
import type { TableInput } from './table-input.ts'
import { readStaged } from './warehouse-changes.ts'

const NOT_BUILT: Difference = { key: '', sequence: null, kind: 'missing' }

/**
 * Compares dbt's staged rows. They may be older than the raw log, or newer than PostgreSQL's snapshot; both show
 * in the raw log's changes of the key. Any other difference is one. `rawOpen`: changes not loaded yet, null if unknown.
 */
export async function reconcileStaged(
  input: TableInput,
  ranging: Ranging,
  rawOpen: number | null,
): Promise<StoreReport> {
  const { db, table, visible } = input
  const staged = input.warehouse ? await readStaged(db, table, input.columns, 'staged_rows') : undefined
  if (!staged?.built) {
    return explain({
      store: 'staged',
      rows: 0,
      differences: [NOT_BUILT],
      more: 0,
      contradicted: new Set(),
      open: null,
      faults: [],
      notes: ['not built yet: run dbt'],
    })
  }
  const columns = input.columns.filter(({ name }) => !staged.notStaged.includes(name))
  const { count, found, total } = await compareRows(input, 'staged_rows', ranging, columns)
  const through = staged.builtThrough
  const loadedBefore = through === null ? 'false' : `"loadedAt" <= '${through}'::TIMESTAMPTZ`
  const late = await changedKeys(input, `NOT (${loadedBefore})`)
  const ahead = await changedKeys(input, `NOT (${visible}) AND ${loadedBefore}`)
  const wrong = staged.notStaged.length > 0 ? undefined : await unlikeTheLog(input, loadedBefore)
  const differing = found.filter(({ key }) => !(ahead.has(key) && wrong && !wrong.has(key)))
  return explain({
    store: 'staged',
    rows: count,
    differences: differing,
    more: total - found.length,
    contradicted: new Set(differing.map(({ key }) => key).filter((key) => wrong?.has(key) && !late.has(key))),
    open: rawOpen === null ? null : rawOpen + late.count,
    faults: [],
    notes: staged.notStaged.map((name) => `column ${name} is not staged`),
  })
}

interface ChangedKeys {
  count: number
  has(key: string): boolean
}

/** The keys that changes of the raw log touch; a truncate touches all. */
async function changedKeys({ db }: TableInput, where: string): Promise<ChangedKeys> {
  const rows = await db.rows<{ key: string | null; n: number }>(
    `SELECT row_key AS key, count(*)::INTEGER AS n FROM raw_changes WHERE ${where} GROUP BY row_key`,
  )
  const keys = new Set(rows.map(({ key }) => key))
  return {
    count: rows.reduce((sum, { n }) => sum + n, 0),
    has: (key) => keys.has(null) || keys.has(key),
  }
}

/** Keys whose staged row is not what the raw log gives up to the staged rows' own load. */
async function unlikeTheLog({ db }: TableInput, loadedBefore: string): Promise<Set<string>> {
  await fold(db, 'built_rows', 'raw_changes', loadedBefore)
  const rows = await db.rows<{ key: string }>(
    `SELECT coalesce(s.row_key, b.row_key) AS key
     FROM staged_rows s FULL OUTER JOIN built_rows b ON s.row_key = b.row_key
     WHERE s.hash IS DISTINCT FROM b.hash OR s.sequence IS DISTINCT FROM b.sequence`,
  )
  return new Set(rows.map(({ key }) => key))
}
