import { findTable, SCHEMA } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import pg from 'pg'
import { literal, quoted } from '../quoting.ts'
import { postgresHash, type SourceColumn } from './columns.ts'

const FETCH = 10_000

export interface Bucket {
  bucket: string
  count: number
  /** Sum of the rows' hashes, exact. */
  sum: string
}

/** How keys are put in ranges: a single integer key by `width`, any other by two hex digits of its MD5. */
export type Ranging = { by: 'integer'; width: string } | { by: 'hash' }

/** PostgreSQL as it was at one moment, until it is closed. */
export interface SourceSnapshot {
  /** Every transaction seen has committed below it. */
  lsn: string
  at: string
  /** `xmin:xmax:xip,…` as PostgreSQL gives it: which transactions are seen. */
  transactions: string
  /** Whether the server has the table. */
  columns(table: string): Promise<SourceColumn[]>
  ranging(table: string): Promise<Ranging>
  buckets(table: string, columns: readonly SourceColumn[], ranging: Ranging): Promise<Bucket[]>
  /** Key and hash of every row in some buckets, in pages. */
  rows(
    table: string,
    columns: readonly SourceColumn[],
    ranging: Ranging,
    buckets: readonly string[],
  ): AsyncIterable<{ key: string; hash: string }[]>
  /** The LSN that Debezium has confirmed, by another connection; undefined if there is no such slot. */
  confirmedLsn(slot: string): Promise<string | undefined>
  close(): Promise<void>
}

function keyText(table: string): string {
  const key = findTable(table)!.key
  if (key.length === 1) return `${quoted(key[0]!)}::text`
  return `'[' || concat_ws(',', ${key.map((name) => `to_json(${quoted(name)})::text`).join(', ')}) || ']'`
}

function bucketSql(table: string, ranging: Ranging): string {
  if (ranging.by === 'hash') return `substr(md5(${keyText(table)}), 1, 2)`
  return `floor(${quoted(findTable(table)!.key[0]!)}::numeric / ${ranging.width})::text`
}

/** Opens a snapshot with a role that may only read. Throws DATABASE_UNAVAILABLE. */
export async function openSnapshot(url: string): Promise<SourceSnapshot> {
  const [reading, watching] = await Promise.all([connect(url), connect(url)])
  const from = (table: string): string => `${quoted(SCHEMA)}.${quoted(table)}`
  await reading.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
  const { rows } = await reading.query<{ transactions: string; lsn: string; at: Date }>(
    'SELECT pg_current_snapshot()::text AS transactions, pg_current_wal_insert_lsn()::text AS lsn, now() AS at',
  )
  const { transactions, lsn, at } = rows[0]!

  return {
    lsn,
    at: at.toISOString(),
    transactions,
    async columns(table) {
      const result = await reading.query<SourceColumn>(
        `SELECT a.attname AS name, t.typname AS type FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
         WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`,
        [from(table)],
      )
      return result.rows
    },
    async ranging(table) {
      const key = findTable(table)!.key
      const type = findTable(table)!.columns.find(({ name }) => name === key[0])!.type.kind
      if (key.length > 1 || (type !== 'bigint' && type !== 'integer')) return { by: 'hash' }
      const column = quoted(key[0]!)
      const result = await reading.query<{ width: string }>(
        `SELECT greatest(1, ceil((max(${column})::numeric - min(${column}) + 1) / 256))::text AS width FROM ${from(table)}`,
      )
      return { by: 'integer', width: result.rows[0]?.width ?? '1' }
    },
    async buckets(table, columns, ranging) {
      const result = await reading.query<{ bucket: string; count: string; sum: string }>(
        `SELECT bucket, count(*)::text AS count, sum(hash::numeric)::text AS sum
         FROM (SELECT ${bucketSql(table, ranging)} AS bucket, ${postgresHash(columns)} AS hash FROM ${from(table)}) r
         GROUP BY bucket`,
      )
      return result.rows.map(({ bucket, count, sum }) => ({ bucket, count: Number(count), sum }))
    },
    async *rows(table, columns, ranging, buckets) {
      await reading.query(
        `DECLARE differing NO SCROLL CURSOR FOR SELECT ${keyText(table)} AS key, ${postgresHash(columns)}::text AS hash
         FROM ${from(table)} WHERE ${bucketSql(table, ranging)} IN (${buckets.map(literal).join(', ')})`,
      )
      try {
        for (;;) {
          const page = await reading.query<{ key: string; hash: string }>(`FETCH ${FETCH} FROM differing`)
          if (page.rows.length === 0) return
          yield page.rows
        }
      } finally {
        await reading.query('CLOSE differing')
      }
    },
    async confirmedLsn(slot) {
      const result = await watching.query<{ lsn: string | null }>(
        'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
        [slot],
      )
      return result.rows[0]?.lsn ?? undefined
    },
    async close() {
      await Promise.allSettled([reading.end(), watching.end()])
    },
  }
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query("SET TimeZone = 'UTC'")
    return client
  } catch (error) {
    throw new PipelineError('DATABASE_UNAVAILABLE', { host: client.host, port: client.port }, error)
  }
}
