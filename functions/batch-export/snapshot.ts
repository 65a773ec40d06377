import { SCHEMA } from '@pipeline/hospital/catalog.ts'
import { PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import pg from 'pg'
import { quoted } from '../quoting.ts'
import { type ExportColumn, parquetType, selectList } from './columns.ts'
import type { RowSink } from './copy-out.ts'
import { copyOut } from './copy-out.ts'
import type { SnapshotOf } from './record.ts'

/** Key of the advisory lock that lets one export at a time read a database. */
const LOCK = 4_815_162_342n
const CONNECT_MS = 10_000
const LOCK_MS = 10_000

/** PostgreSQL as it was at one moment, for an export. */
export interface ExportSnapshot extends SnapshotOf {
  /** Asked for, but not there or not to be read. */
  missing: string[]
  columns(table: string): Promise<ExportColumn[]>
  /** All rows of a table as CSV, in the order in which they lie: that of an unchanged table stays as it is. */
  copy(table: string, columns: readonly ExportColumn[], sink: RowSink): Promise<void>
  /** Ends the connection at once, whatever runs. */
  abort(): void
  close(): Promise<void>
}

const from = (table: string): string => `${quoted(SCHEMA)}.${quoted(table)}`

function unavailable(error: unknown): PipelineError {
  if (error instanceof PipelineError) return error
  return new PipelineError('DATABASE_UNAVAILABLE', { code: safeError(error).code }, error)
}

/**
 * Opens a snapshot of some tables with a role that may only read. The tables are locked against TRUNCATE and rewrites
 * before the snapshot is taken: these are not versioned, and would show it an empty table. Throws EXPORT_RUNNING while
 * another export reads this database, and DATABASE_UNAVAILABLE.
 */
export async function openExportSnapshot(url: string, tables: readonly string[]): Promise<ExportSnapshot> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_MS,
    lock_timeout: LOCK_MS,
    keepAlive: true,
    application_name: 'batch-export',
  })
  client.on('error', () => {})
  const stream = () =>
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream
  try {
    await client.connect()
    await client.query("SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET client_encoding = 'UTF8'")
    // The order of rows decides where parts end.
    await client.query('SET synchronize_seqscans = off; SET max_parallel_workers_per_gather = 0')
    await client.query("SET extra_float_digits = 1; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex'")
    const lock = await client.query<{ mine: boolean }>('SELECT pg_try_advisory_lock($1) AS mine', [
      String(LOCK),
    ])
    if (!lock.rows[0]!.mine) throw new PipelineError('EXPORT_RUNNING')
    const readable = await client.query<{ name: string }>(
      `SELECT t.name FROM unnest($1::text[], $2::text[]) AS t(name, path)
       WHERE to_regclass(t.path) IS NOT NULL AND has_table_privilege(to_regclass(t.path), 'SELECT')`,
      [[...tables], tables.map(from)],
    )
    const there = new Set(readable.rows.map(({ name }) => name))
    const found = tables.filter((table) => there.has(table))
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    if (found.length > 0) await client.query(`LOCK TABLE ${found.map(from).join(', ')} IN ACCESS SHARE MODE`)
    const { rows } = await client.query<{ transactions: string; lsn: string; at: Date }>(
      'SELECT pg_current_snapshot()::text AS transactions, pg_current_wal_insert_lsn()::text AS lsn, clock_timestamp() AS at',
    )
    const { transactions, lsn, at } = rows[0]!
    return {
      transactions,
      lsn,
      at: at.toISOString(),
      missing: tables.filter((table) => !there.has(table)),
      async columns(table) {
        const result = await client
          .query<{ name: string; pgType: string; modifier: number }>(
            `SELECT a.attname AS name, t.typname AS "pgType", a.atttypmod AS modifier
             FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
             WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
            [from(table)],
          )
          .catch((error: unknown) => {
            throw unavailable(error)
          })
        return result.rows.map(({ name, pgType, modifier }) => ({
          name,
          pgType,
          type: parquetType(pgType, modifier),
        }))
      },
      copy: (table, columns, sink) =>
        copyOut(
          client,
          `COPY (SELECT ${selectList(columns)} FROM ${from(table)}) TO STDOUT`,
          sink,
          unavailable,
        ),
      abort: () => stream().destroy(),
      close: () => client.end().catch(() => {}),
    }
  } catch (error) {
    stream().destroy()
    throw unavailable(error)
  }
}
