import { randomUUID } from 'node:crypto'
import { ClickHouseError, ClickHouseLogLevel, createClient } from '@clickhouse/client'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { at } from './names.ts'

export interface ClickHouseOptions {
  url: string
  username: string
  password?: string | undefined
  database: string
  /** How long one request may take, ms. */
  timeoutMs?: number
}

/** ClickHouse as the pipeline uses it. Every method throws PipelineError CLICKHOUSE_UNAVAILABLE, without the server's own text, which may quote a value. */
export interface ClickHouse {
  readonly database: string
  command(sql: string): Promise<void>
  /** Inserts lines of JSONCompactEachRow into a table of the database: they are stored when this resolves. */
  insert(table: string, columns: readonly string[], lines: readonly string[]): Promise<void>
  /** Rows of a query as objects. `{name:Type}` in it are taken from `params`. */
  rows<T>(sql: string, params?: Record<string, unknown>): Promise<T[]>
  /** Rows of a query as lines of JSONEachRow, page by page as they come, in bounded memory. */
  pages(sql: string, params?: Record<string, unknown>): AsyncIterable<string[]>
  close(): Promise<void>
}

/** ClickHouse's own number of an error, where the server gave one. */
export function serverCode(error: unknown): number | undefined {
  const code = error instanceof PipelineError ? error.context.status : undefined
  return typeof code === 'number' ? code : undefined
}

/** Of the server's error only its number: what the client takes for the error's name may be a word of a value. */
function unavailable(action: string, error: unknown): PipelineError {
  if (error instanceof ClickHouseError) {
    return new PipelineError('CLICKHOUSE_UNAVAILABLE', { action, status: Number(error.code) })
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const reason = /^E[A-Z_]{3,20}$/.test(code) ? code : 'no whole answer'
  return new PipelineError('CLICKHOUSE_UNAVAILABLE', { action, reason })
}

/**
 * What an insert must be: whole when it is answered (no asynchronous insert, whatever the server's default), with
 * nothing made up for a null. A token of its own keeps a server from dropping it when the same rows came before, so
 * that a replay mends; the settings that say the same have changed with the versions.
 */
const INSERT_SETTINGS = {
  async_insert: 0,
  input_format_null_as_default: 0,
  wait_end_of_query: 1,
} as const

/** The official client, closed to everything that could print a value. */
export function openClickHouse(options: ClickHouseOptions): ClickHouse {
  const { url, username, password, database, timeoutMs = 40_000 } = options
  const client = createClient({
    url,
    username,
    ...(password === undefined ? {} : { password }),
    application: 'hospital-pipeline',
    request_timeout: timeoutMs,
    max_open_connections: 32,
    compression: { request: url.startsWith('https:'), response: false },
    log: { level: ClickHouseLogLevel.OFF },
    // Lines are JSON already.
    json: {
      parse: JSON.parse,
      stringify: (value) => (typeof value === 'string' ? value : JSON.stringify(value)),
    },
  })
  const guarded = async <T>(action: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      throw unavailable(action, error)
    }
  }
  return {
    database,
    command: (sql) =>
      guarded('command', async () => {
        await client.command({ query: sql, clickhouse_settings: { wait_end_of_query: 1 } })
      }),
    insert: (table, columns, lines) =>
      guarded('insert', async () => {
        if (lines.length === 0) return
        await client.insert({
          table: at(database, table),
          columns: [...columns] as [string, ...string[]],
          values: [lines.join('\n')],
          format: 'JSONCompactEachRow',
          clickhouse_settings: { ...INSERT_SETTINGS, insert_deduplication_token: randomUUID() },
        })
      }),
    rows: <T>(sql: string, params?: Record<string, unknown>) =>
      guarded('query', async () => {
        const result = await client.query({
          query: sql,
          format: 'JSONEachRow',
          ...(params === undefined ? {} : { query_params: params }),
        })
        return result.json<T>()
      }),
    async *pages(sql, params) {
      try {
        const result = await client.query({
          query: sql,
          format: 'JSONEachRow',
          ...(params === undefined ? {} : { query_params: params }),
        })
        for await (const rows of result.stream()) yield rows.map(({ text }) => text)
      } catch (error) {
        throw error instanceof PipelineError ? error : unavailable('query', error)
      }
    },
    close: () => client.close(),
  }
}
