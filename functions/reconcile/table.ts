import { reconcileBigquery } from './bigquery.ts'
import { compareRows } from './compare.ts'
import { contradicted } from './contradicted.ts'
import { reconcileCurrent } from './current.ts'
import { explain } from './explain.ts'
import { reconcileExport } from './exports.ts'
import { createChanges, fold } from './fold.ts'
import { readLake } from './lake-changes.ts'
import type { Ranging } from './postgres.ts'
import { size } from './ranges.ts'
import type { StoreReport, TableReport } from './report.ts'
import { reconcilePublished, reconcileStaged } from './staged.ts'
import { gapsOf, type TableInput } from './table-input.ts'
import { type LoadedObject, readRaw } from './warehouse-changes.ts'

/** Compares one table in every store. */
export async function reconcileTable(input: TableInput): Promise<TableReport> {
  const { db, source, lake, table, columns, objects, tempRoot, visible } = input
  const ranging = await source.ranging(table)
  const rows = (await source.buckets(table, columns, ranging)).reduce((sum, { count }) => sum + count, 0)
  const broken = await readLake(db, lake, objects, columns, 'lake_changes', tempRoot, input.memoryLimit)
  await fold(db, 'lake_rows', 'lake_changes', visible)
  const stores = input.bigquery
    ? await storesWithBigquery(input, input.bigquery, ranging, broken)
    : await storesWithDuckdb(input, ranging, broken)
  const names = objects.map(({ name }) => name)
  for (const current of input.current) {
    stores.push(await reconcileCurrent(input, ranging, current, size(gapsOf(input, names).open)))
  }
  stores.push(await reconcileExport(input, ranging))
  return { table, rows, notCompared: input.notCompared, stores }
}

async function storesWithBigquery(
  input: TableInput,
  bigquery: NonNullable<TableInput['bigquery']>,
  ranging: Ranging,
  broken: readonly string[],
): Promise<StoreReport[]> {
  const loaded = await bigquery.changes.loaded(input.table)
  const done = (loaded ?? []).filter(({ state }) => state === 'done').map(({ object }) => object)
  const report = await reconcileBigquery(input, bigquery, ranging, loaded)
  return [await lakeReport(input, ranging, broken, done, 'bigquery_rows'), report]
}

async function storesWithDuckdb(
  input: TableInput,
  ranging: Ranging,
  broken: readonly string[],
): Promise<StoreReport[]> {
  const { db, table, columns, visible } = input
  await createChanges(db, 'raw_changes')
  const loaded = input.warehouse ? await readRaw(db, table, columns, 'raw_changes') : []
  await fold(db, 'raw_rows', 'raw_changes', visible)
  const done = loaded.filter(({ state }) => state === 'done').map(({ object }) => object)
  const rawOpen = size(gapsOf(input, done).open)
  const open = input.captured ? rawOpen : null
  return [
    await lakeReport(input, ranging, broken, done, 'raw_rows'),
    await rawReport(input, ranging, loaded, rawOpen),
    await reconcileStaged(input, ranging, open),
    ...(input.published ? [await reconcilePublished(input, ranging, open)] : []),
  ]
}

async function lakeReport(
  input: TableInput,
  ranging: Ranging,
  broken: readonly string[],
  done: readonly string[],
  loadedRows: string,
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
    contradicted: await contradicted(input.db, found, 'lake_rows', loadedRows),
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
