import { compareRows } from './compare.ts'
import { explain } from './explain.ts'
import { type Difference, fold } from './fold.ts'
import type { Ranging } from './postgres.ts'
import type { StoreReport } from './report.ts'
import type { TableInput } from './table-input.ts'
import { readPublished, readStaged } from './warehouse-changes.ts'

const NOT_BUILT: Difference = { key: '', sequence: null, kind: 'missing' }

/** Rows that dbt built: in the warehouse, or in the file that is published of it. */
interface Built {
  store: 'staged' | 'published'
  rows: string
  todo: string
  read: typeof readStaged | undefined
}

export function reconcileStaged(
  input: TableInput,
  ranging: Ranging,
  rawOpen: number | null,
): Promise<StoreReport> {
  const read = input.warehouse ? readStaged : undefined
  return reconcileBuilt(input, ranging, rawOpen, {
    ...{ store: 'staged', rows: 'staged_rows', todo: 'not built yet: run dbt', read },
  })
}

export function reconcilePublished(
  input: TableInput,
  ranging: Ranging,
  rawOpen: number | null,
): Promise<StoreReport> {
  const read = input.published === 'attached' ? readPublished : undefined
  return reconcileBuilt(input, ranging, rawOpen, {
    ...{ store: 'published', rows: 'published_rows', todo: 'not published yet: run dbt', read },
  })
}

/**
 * Compares rows that dbt built. They may be older than the raw log, or newer than PostgreSQL's snapshot; both show
 * in the raw log's changes of the key. Any other difference is one. `rawOpen`: changes not loaded yet, null if unknown.
 */
async function reconcileBuilt(
  input: TableInput,
  ranging: Ranging,
  rawOpen: number | null,
  { store, rows, todo, read }: Built,
): Promise<StoreReport> {
  const { db, table, visible } = input
  const staged = await read?.(db, table, input.columns, rows)
  if (!staged?.built) {
    return explain({
      store,
      rows: 0,
      differences: [NOT_BUILT],
      more: 0,
      contradicted: new Set(),
      open: null,
      faults: [],
      notes: [todo],
    })
  }
  const columns = input.columns.filter(({ name }) => !staged.notStaged.includes(name))
  const { count, found, total } = await compareRows(input, rows, ranging, columns)
  const through = staged.builtThrough
  const loadedBefore = through === null ? 'false' : `"loadedAt" <= '${through}'::TIMESTAMPTZ`
  const late = await changedKeys(input, `NOT (${loadedBefore})`)
  const ahead = await changedKeys(input, `NOT (${visible}) AND ${loadedBefore}`)
  const wrong = staged.notStaged.length > 0 ? undefined : await unlikeTheLog(input, rows, loadedBefore)
  const differing = found.filter(({ key }) => !(ahead.has(key) && wrong && !wrong.has(key)))
  return explain({
    store,
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
async function unlikeTheLog({ db }: TableInput, rowsOf: string, loadedBefore: string): Promise<Set<string>> {
  await fold(db, 'built_rows', 'raw_changes', loadedBefore)
  const rows = await db.rows<{ key: string }>(
    `SELECT coalesce(s.row_key, b.row_key) AS key
     FROM ${rowsOf} s FULL OUTER JOIN built_rows b ON s.row_key = b.row_key
     WHERE s.hash IS DISTINCT FROM b.hash OR s.sequence IS DISTINCT FROM b.sequence`,
  )
  return new Set(rows.map(({ key }) => key))
}
