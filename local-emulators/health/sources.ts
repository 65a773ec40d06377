import { withClient } from '@pipeline/cdc/database.ts'
import { SLOT } from '@pipeline/cdc/guard/slot-watch.ts'
import type { WarehouseState } from '@pipeline/dashboard/health/observation.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import type { EmulatorStats } from '../pubsub/stats.ts'
import type { StackFile } from '../stack-file.ts'
import { readWarehouse } from '../warehouse-file.ts'

const PATIENCE_MS = 3_000

/** JSON of a part over HTTP. Throws when it does not answer in time, or with an error. */
async function json<T>(
  url: string,
  headers: Record<string, string> = {},
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(patienceMs) })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`answers ${response.status}`)
  }
  return (await response.json()) as T
}

interface Metric {
  name: string
  values: { value: number; labels: Record<string, string> }[]
}

export interface RelayFigures {
  openRecords: number
  changes: number
  events: number
  deadLetters: number
  newestCommitAt: string | null
}

/** What the relay counts. Throws when it does not answer. */
export async function relayFigures(stack: StackFile): Promise<RelayFigures> {
  const metrics = await json<Metric[]>(`${stack.relayMetricsUrl}/stats`)
  const values = (name: string): number[] =>
    metrics.find((metric) => metric.name === name)?.values.map(({ value }) => value) ?? []
  const sum = (name: string): number => values(name).reduce((total, value) => total + value, 0)
  const newest = Math.max(...values('relay_newest_commit_timestamp_seconds'))
  return {
    openRecords: sum('relay_lag_records'),
    changes: sum('relay_changes_total'),
    events: sum('relay_events_total'),
    deadLetters: sum('relay_dead_letters_total'),
    newestCommitAt: Number.isFinite(newest) ? new Date(newest * 1000).toISOString() : null,
  }
}

export interface SlotFigures {
  active: boolean
  behindBytes: number | null
}

/** The replication slot; undefined when PostgreSQL has none. Throws when PostgreSQL does not answer. */
export async function slotFigures(stack: StackFile): Promise<SlotFigures | undefined> {
  return withClient(stack.postgresReaderUrl, async (client) => {
    const { rows } = await client.query<{ active: boolean; behind: string | null }>(
      `SELECT active, pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::text AS behind
       FROM pg_replication_slots WHERE slot_name = $1`,
      [SLOT],
    )
    const [slot] = rows
    return slot && { active: slot.active, behindBytes: slot.behind === null ? null : Number(slot.behind) }
  })
}

/** Backlogs of our Pub/Sub emulator. Throws when it does not answer. */
export const pubsubStats = (stack: StackFile): Promise<EmulatorStats> =>
  json<EmulatorStats>(`${stack.pubsubHttpUrl}/stats`)

/** Rows of a query of ClickHouse; `{name:Type}` in it are taken from `params`. Throws when it does not answer. */
export async function clickhouseRows<T>(
  { clickhouseUrl }: StackFile,
  password: string | undefined,
  query: string,
  {
    params = {},
    patienceMs,
  }: { params?: Readonly<Record<string, string | number>>; patienceMs?: number } = {},
): Promise<T[]> {
  const search = new URLSearchParams({ query: `${query} FORMAT JSON` })
  for (const [name, value] of Object.entries(params)) search.set(`param_${name}`, String(value))
  const who = password === undefined ? {} : { 'X-ClickHouse-User': 'hospital', 'X-ClickHouse-Key': password }
  return (await json<{ data: T[] }>(`${clickhouseUrl}/?${search}`, who, patienceMs)).data
}

/** A time of ClickHouse in ISO 8601 UTC; null for the one that stands for none. */
export function clickhouseTime(text: string): string | null {
  return text.startsWith('1970') ? null : new Date(`${text.replace(' ', 'T')}Z`).toISOString()
}

/** ClickHouse's answer while the sink has made no table yet. */
const NO_TABLE = 'answers 404'

/** What ClickHouse has. Throws when it does not answer. */
export async function clickhouseFigures(
  stack: StackFile,
  password?: string,
): Promise<{ changes: number; committedAt: string | null }> {
  const newest = catalog
    .map(({ name }) => `SELECT max(_committed_at) AS at FROM hospital.${name}`)
    .join(' UNION ALL ')
  const query = `SELECT (SELECT sum(changes) FROM hospital.change_batches FINAL) AS changes, toString(max(at)) AS newest
    FROM (${newest})`
  const rows = await clickhouseRows<{ changes: string; newest: string }>(stack, password, query).catch(
    (error: unknown) => {
      if (error instanceof Error && error.message === NO_TABLE) return undefined
      throw error
    },
  )
  if (!rows) return { changes: 0, committedAt: null }
  const { changes, newest: at } = rows[0]!
  return { changes: Number(changes), committedAt: clickhouseTime(at) }
}

/** Objects in dead-letters/ that nobody has replayed yet. Throws when the lake does not answer. */
export async function countDeadLetters(stack: StackFile): Promise<number> {
  let [count, pageToken] = [0, '']
  do {
    const query = new URLSearchParams({
      prefix: 'dead-letters/',
      fields: 'items(name),nextPageToken',
      ...(pageToken && { pageToken }),
    })
    const page = await json<{ items?: unknown[]; nextPageToken?: string }>(
      `${stack.gcsEndpoint}/storage/v1/b/${stack.gcsBucket}/o?${query}`,
    )
    count += page.items?.length ?? 0
    pageToken = page.nextPageToken ?? ''
  } while (pageToken !== '')
  return count
}

/** How new the marts in the published file are. Throws where there are none. */
export async function publishedState(stack: StackFile): Promise<WarehouseState> {
  const ms = (column: string): string => `epoch_ms(max(${column}))::VARCHAR`
  const [row] = await readWarehouse(
    stack.publishedFile,
    (rows) =>
      rows(`SELECT ${ms('newest_commit_at')} AS committed, ${ms('newest_load_at')} AS loaded, ${ms('built_at')} AS built,
        (SELECT sum(row_count)::VARCHAR FROM published) AS rows FROM marts.pipeline_health`),
    PATIENCE_MS,
  )
  const at = (value: unknown): string | null =>
    value === null || value === undefined ? null : new Date(Number(value)).toISOString()
  return {
    committedAt: at(row?.committed),
    loadedAt: at(row?.loaded),
    publishedAt: at(row?.built),
    rows: row?.rows === null || row?.rows === undefined ? null : Number(row.rows),
  }
}
