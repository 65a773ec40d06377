import type { BigQuery, Query as Job } from '@google-cloud/bigquery'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Columns, Query, RowOf } from './query.ts'
import type { ReportStore } from './store.ts'
import { convertRow } from './values.ts'

export interface BigqueryReportsOptions {
  bigquery: BigQuery
  /** The dataset of marts, or another that a query's `{mart}` stands for. */
  dataset: string
  location: string
  /** A query that would read more is refused. */
  maximumBytesBilled?: number
  timeoutMs?: number
  /** How often to ask when the marts were last built, ms. */
  lookEveryMs?: number
}

const TYPES = { text: 'STRING', date: 'DATE', bigint: 'INT64' } as const
const PAGE_ROWS = 5_000
const NOT_FOUND = 404

type Value =
  | string
  | number
  | boolean
  | bigint
  | null
  | { value: string }
  | { toFixed(digits?: number): string }

/** Dates come as objects with a text, decimals as numbers of any size. */
function plain(value: Value): string | number | boolean | null {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value
  if (typeof value === 'bigint') return value.toString()
  return 'value' in value ? value.value : value.toFixed()
}

function unavailable(error: unknown): PipelineError {
  if (error instanceof PipelineError) return error
  const { code, errors } = error as { code?: unknown; errors?: { reason?: unknown }[] }
  // BigQuery's reasons are single words; its messages may quote a value.
  const reason = errors?.[0]?.reason
  // A job that finds no table has a reason and no status.
  if (code === NOT_FOUND || reason === 'notFound') return new PipelineError('REPORTS_MISSING', {}, error)
  const said = typeof reason === 'string' && /^[A-Za-z]{1,40}$/.test(reason) ? reason : 'no answer'
  return new PipelineError(
    'REPORTS_UNAVAILABLE',
    { reason: said, status: typeof code === 'number' ? code : undefined },
    error,
  )
}

/** Marts in BigQuery. Answers of the same query within a day come from BigQuery's cache while no mart has changed. */
export function bigqueryReports(options: BigqueryReportsOptions): ReportStore {
  const { bigquery, dataset, location, timeoutMs = 30_000, lookEveryMs = 10_000 } = options
  const { maximumBytesBilled = 2 * 1024 ** 3 } = options
  let looked: { at: number; version: Promise<string | undefined> } | undefined

  const job = ({ sql, params }: Query): Job => ({
    query: sql.replaceAll('{mart}', `\`${bigquery.projectId}\`.\`${dataset}\`.`),
    params: Object.fromEntries(
      Object.entries(params).map(([name, { type, value }]) => [
        name,
        type === 'date' ? bigquery.date(value) : type === 'bigint' ? bigquery.int(value) : value,
      ]),
    ),
    types: Object.fromEntries(Object.entries(params).map(([name, { type }]) => [name, TYPES[type]])),
    location,
    jobTimeoutMs: timeoutMs,
    maximumBytesBilled: String(maximumBytesBilled),
    labels: { component: 'dashboard' },
  })
  const convert = <C extends Columns>(query: Query<C>, rows: unknown[]): RowOf<C>[] =>
    rows.map((row) =>
      convertRow(
        query.columns,
        Object.fromEntries(
          Object.entries(row as Record<string, Value>).map(([name, value]) => [name, plain(value)]),
        ),
      ),
    )
  async function* pages<C extends Columns>(query: Query<C>): AsyncGenerator<RowOf<C>[]> {
    try {
      // The error of a statement is in its job: an answer without rows would look like no rows.
      const [made] = await bigquery.createQueryJob(job(query))
      let pageToken: string | undefined
      do {
        const [rows, next] = await made.getQueryResults({
          maxResults: PAGE_ROWS,
          autoPaginate: false,
          timeoutMs,
          wrapIntegers: { integerTypeCastFunction: String },
          ...(pageToken === undefined ? {} : { pageToken }),
        })
        yield convert(query, rows)
        pageToken = (next as { pageToken?: string } | null)?.pageToken
      } while (pageToken !== undefined)
    } catch (error) {
      throw unavailable(error)
    }
  }
  const lastBuilt = async (): Promise<string | undefined> => {
    try {
      const [metadata] = await bigquery.dataset(dataset).table('revenue_by_doctor').getMetadata()
      return String(metadata.lastModifiedTime)
    } catch (error) {
      const failed = unavailable(error)
      if (failed.code === 'REPORTS_MISSING') return undefined
      throw failed
    }
  }
  return {
    async rows(query) {
      const all = []
      for await (const rows of pages(query)) all.push(...rows)
      return all
    },
    pages,
    version() {
      if (looked && performance.now() - looked.at < lookEveryMs) return looked.version
      const asked = { at: performance.now(), version: lastBuilt() }
      asked.version.catch(() => {
        if (looked === asked) looked = undefined
      })
      looked = asked
      return asked.version
    },
    close: async () => {},
  }
}
