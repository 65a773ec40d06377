import type { Database } from '../warehouse/duckdb-file.ts'
import { compareRows } from './compare.ts'
import { reconcileCurrent } from './current.ts'
import { explain } from './explain.ts'
import { createChanges, type Difference, fold } from './fold.ts'
import { readLake } from './lake-changes.ts'
import type { Ranging } from './postgres.ts'
import { size } from './ranges.ts'
import type { StoreReport, TableReport } from './report.ts'
import { reconcileStaged } from './staged.ts'
import { gapsOf, type TableInput } from './table-input.ts'
import { type LoadedObject, readRaw } from './warehouse-changes.ts'

/** Of the keys found, those whose row stands in another form in `others` at the same place in the order. */
async function contradicted(
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

/** Compares one table in every store. */
export async function reconcileTable(input: TableInput): Promise<TableReport> {
  const { db, source, lake, table, columns, objects, tempRoot, visible } = input
  const ranging = await source.ranging(table)
  const rows = (await source.buckets(table, columns, ranging)).reduce((sum, { count }) => sum + count, 0)
  const broken = await readLake(db, lake, objects, columns, 'lake_changes', tempRoot)
  await fold(db, 'lake_rows', 'lake_changes', visible)
  await createChanges(db, 'raw_changes')
  const loaded = input.warehouse ? await readRaw(db, table, columns, 'raw_changes') : []
  await fold(db, 'raw_rows', 'raw_changes', visible)

  const done = loaded.filter(({ state }) => state === 'done').map(({ object }) => object)
  const rawOpen = size(gapsOf(input, done).open)
  const lakeOpen = size(
    gapsOf(
      input,
      objects.map(({ name }) => name),
    ).open,
  )
  const stores = [
    await lakeReport(input, ranging, broken, done),
    await rawReport(input, ranging, loaded, rawOpen),
    await reconcileStaged(input, ranging, input.captured ? rawOpen : null),
  ]
  for (const current of input.current) {
    stores.push(await reconcileCurrent(input, ranging, current, lakeOpen))
  }
  return { table, rows, notCompared: input.notCompared, stores }
}

async function lakeReport(
  input: TableInput,
  ranging: Ranging,
  broken: readonly string[],
  done: readonly string[],
): Promise<StoreReport> {
  const names = input.objects.map(({ name }) => name)
  const { open, lost } = gapsOf(input, names)
  const gone = size(open) - size(gapsOf(input, [...names, ...done]).open)
  const { count, found, total } = await compareRows(input, 'lake_rows', ranging, input.columns)
  return explain({
    store: 'lake',
    rows: count,
    differences: found,
    more: total - found.length,
    contradicted: await contradicted(input.db, found, 'lake_rows', 'raw_rows'),
    open: input.captured ? size(open) : null,
    faults: [
      ...lost.map(({ first, last }) => `offsets ${first} to ${last} are missing and later ones are there`),
      ...broken.map((name) => `${name} is broken`),
      ...(gone > 0 ? [`${gone} changes that the warehouse has loaded are gone`] : []),
    ],
    notes: [],
  })
}

async function rawReport(
  input: TableInput,
  ranging: Ranging,
  loaded: readonly LoadedObject[],
  open: number,
): Promise<StoreReport> {
  const { count, found, total } = await compareRows(input, 'raw_rows', ranging, input.columns)
  const done = new Set(loaded.filter(({ state }) => state === 'done').map(({ object }) => object))
  const broken = loaded.filter(({ state, object }) => state === 'broken' && !done.has(object))
  return explain({
    store: 'raw',
    rows: count,
    differences: found,
    more: total - found.length,
    contradicted: await contradicted(input.db, found, 'raw_rows', 'lake_rows'),
    open: input.captured ? open : null,
    faults: broken.map(({ object }) => `${object} could not be loaded`),
    notes: input.warehouse ? [] : ['there is no warehouse yet: load'],
  })
}
