import { codeOf, ours } from '../warehouse/bigquery/errors.ts'
import type { Jobs } from '../warehouse/bigquery/jobs.ts'
import { quoted } from '../warehouse/bigquery/sql.ts'
import { bucketsSql, rowsSql } from './bigquery-sql.ts'
import type { SourceColumn } from './columns.ts'
import type { Bucket, Ranging } from './postgres.ts'
import type { LoadedObject } from './warehouse-changes.ts'

export interface StoredRow {
  row_key: string
  sequence: string
  /** The row's hash, a whole number. */
  digest: string
  versions: string
}

/** BigQuery's raw log, folded to current rows there: only buckets travel, and then rows' hashes of some. */
export interface BigqueryChanges {
  /** What the ledger says of a table's objects; undefined when there is no log yet. */
  loaded(table: string): Promise<LoadedObject[] | undefined>
  /** `conflicting`: keys for which one change has two contents. */
  buckets(
    table: string,
    columns: readonly SourceColumn[],
    ranging: Ranging,
    visible: string,
  ): Promise<(Bucket & { conflicting: number })[]>
  rows(
    table: string,
    columns: readonly SourceColumn[],
    ranging: Ranging,
    visible: string,
    buckets: string[],
  ): AsyncIterable<StoredRow[]>
}

/** The log in a dataset. Throws as the BigQuery warehouse does. */
export function bigqueryChanges(jobs: Jobs, dataset: string): BigqueryChanges {
  const log = (table: string) => quoted(dataset, `${table}_changes`)
  return {
    async loaded(table) {
      try {
        await jobs.bigquery.dataset(dataset).table(`${table}_changes`).getMetadata()
      } catch (error) {
        if (codeOf(error) === 404) return undefined
        throw ours(error, 'look for a log', table)
      }
      return jobs.query<LoadedObject>(
        'read the ledger',
        `SELECT object AS object, state AS state FROM ${quoted(dataset, 'load_objects')} WHERE tableName = @table`,
        { table },
      )
    },
    async buckets(table, columns, ranging, visible) {
      const rows = await jobs.query<Record<'bucket' | 'n' | 'high' | 'low' | 'conflicting', string>>(
        'compare buckets',
        bucketsSql(log(table), columns, ranging, visible),
      )
      return rows.map(({ bucket, n, high, low, conflicting }) => ({
        bucket,
        count: Number(n),
        sum: ((BigInt(high) << 30n) + BigInt(low)).toString(),
        conflicting: Number(conflicting),
      }))
    },
    rows: (table, columns, ranging, visible, buckets) =>
      jobs.pages<StoredRow>('compare rows', rowsSql(log(table), columns, ranging, visible), { buckets }),
  }
}
