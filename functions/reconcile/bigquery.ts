import type { Database } from '../warehouse/duckdb-file.ts'
import type { BigqueryChanges, StoredRow } from './bigquery-changes.ts'
import { hasText } from './bigquery-sql.ts'
import { differingBuckets } from './compare.ts'
import { contradicted } from './contradicted.ts'
import { explain } from './explain.ts'
import { addExpected, createExpected, type Difference, differences } from './fold.ts'
import type { Ranging } from './postgres.ts'
import { size } from './ranges.ts'
import type { StoreReport } from './report.ts'
import { gapsOf, type TableInput } from './table-input.ts'
import type { LoadedObject } from './warehouse-changes.ts'

/** BigQuery's log, and what of it PostgreSQL's snapshot saw. */
export interface BigqueryInput {
  changes: BigqueryChanges
  /** GoogleSQL. */
  visible: string
}

const ROWS = 'bigquery_rows'

async function addRows(db: Database, page: readonly StoredRow[]): Promise<void> {
  await db.run(
    `INSERT INTO ${ROWS} SELECT r.row_key, r.sequence, r.digest::BIGINT, r.versions::INTEGER
     FROM (SELECT unnest(from_json($1::JSON, '[{"row_key": "VARCHAR", "sequence": "VARCHAR", "digest": "VARCHAR", "versions": "VARCHAR"}]'), recursive := true)) r`,
    [JSON.stringify(page)],
  )
}

async function compare(
  input: TableInput,
  bigquery: BigqueryInput | undefined,
  ranging: Ranging,
): Promise<{ count: number; found: Difference[]; total: number }> {
  const { db, source, table, columns } = input
  const expected = await source.buckets(table, columns, ranging)
  const { changes, visible } = bigquery ?? {}
  const stored = (await changes?.buckets(table, columns, ranging, visible!)) ?? []
  const conflicting = stored.filter((each) => each.conflicting > 0).map(({ bucket }) => bucket)
  const differing = [...new Set([...differingBuckets(expected, stored), ...conflicting])]
  const count = stored.reduce((sum, bucket) => sum + bucket.count, 0)
  if (differing.length === 0) return { count, found: [], total: 0 }
  if (changes)
    for await (const page of changes.rows(table, columns, ranging, visible!, differing))
      await addRows(db, page)
  await createExpected(db)
  const known = differing.filter((bucket) => bucket !== 'none')
  if (known.length > 0)
    for await (const page of source.rows(table, columns, ranging, known)) await addExpected(db, page)
  return { count, ...(await differences(db, ROWS, ranging, differing)) }
}

/**
 * Compares BigQuery's raw log with PostgreSQL. `loaded` is the ledger as it was before: what is loaded since can only
 * make a difference smaller. The lake's rows must be in `lake_rows`.
 */
export async function reconcileBigquery(
  input: TableInput,
  bigquery: BigqueryInput,
  ranging: Ranging,
  loaded: readonly LoadedObject[] | undefined,
): Promise<StoreReport> {
  const { db } = input
  const done = new Set((loaded ?? []).filter(({ state }) => state === 'done').map(({ object }) => object))
  const broken = (loaded ?? []).filter(({ state, object }) => state === 'broken' && !done.has(object))
  const missing = input.columns.filter(({ type }) => !hasText(type))
  if (missing.length > 0) throw new RangeError(`no text in BigQuery for ${missing[0]!.type}`)
  await db.run(
    `CREATE OR REPLACE TABLE ${ROWS} (row_key VARCHAR, sequence VARCHAR, hash BIGINT, versions INTEGER)`,
  )
  const { count, found, total } = await compare(input, loaded && bigquery, ranging)
  return explain({
    store: 'bigquery',
    rows: count,
    differences: found,
    more: total - found.length,
    contradicted: await contradicted(db, found, ROWS, 'lake_rows'),
    open: input.captured ? size(gapsOf(input, [...done]).open) : null,
    faults: broken.map(({ object }) => `${object} could not be loaded`),
    notes: loaded ? [] : ['there is no warehouse yet: load'],
  })
}
