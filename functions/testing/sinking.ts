import { catalog } from '@pipeline/hospital/catalog.ts'
import type { ClickHouse } from '../clickhouse/client.ts'
import { changeStore } from '../clickhouse/store.ts'
import { clickHouseSink } from '../clickhouse-sink/sink.ts'
import type { Lake } from '../lake/port.ts'
import { pushFunction } from '../push.ts'
import { type Batch, pushBody } from './batches.ts'
import type { LocalClickHouse } from './clickhouse.ts'
import { type LogBook, logBook, type Outbox, outbox, serve } from './serving.ts'

export interface Sinking {
  clickhouse: ClickHouse
  deadLetters: Outbox
  log: LogBook
  /** Sends a batch as a push; gives the status. */
  send(batch: Pick<Batch, 'data' | 'attributes'>): Promise<number>
  rows<T = Record<string, unknown>>(sql: string): Promise<T[]>
  /** Columns of a table's current rows in their order; `@` in `sql` of `rows` is the database too. */
  current(columns: string, table?: string): Promise<Record<string, unknown>[]>
  ledger(): Promise<{ first: number; last: number; changes: number; refused: number }[]>
  stop(): Promise<void>
}

const NO_LAKE: Pick<Lake, 'head' | 'open'> = { head: async () => undefined, open: async () => undefined }

/** The sink as it is served, on a database of its own; `wrap` may stand between it and ClickHouse. */
export async function newSink(
  engine: LocalClickHouse,
  given: {
    clickhouse?: ClickHouse
    wrap?: (clickhouse: ClickHouse) => ClickHouse
    lake?: Pick<Lake, 'head' | 'open'>
    everyMs?: number
  } = {},
): Promise<Sinking> {
  const clickhouse = given.clickhouse ?? engine.newDatabase()
  const { wrap = (same) => same, lake = NO_LAKE, everyMs = 20 } = given
  const deadLetters = outbox()
  const log = logBook()
  const name = 'clickhouse-sink'
  const store = changeStore({ clickhouse: wrap(clickhouse), catalog, everyMs, most: 50_000 })
  const handle = clickHouseSink({ name, store, lake, deadLetters, log })
  const server = await serve(pushFunction({ name, handle, deadLetters, log }))
  const rows = <T>(sql: string) => clickhouse.rows<T>(sql.replaceAll('@', clickhouse.database))
  return {
    clickhouse,
    deadLetters,
    log,
    rows,
    send: async ({ data, attributes }) => (await server.post(pushBody(data, attributes))).status,
    current: (columns, table = 'visits') => rows(`SELECT ${columns} FROM @.${table}_current ORDER BY ALL`),
    ledger: () =>
      rows(`SELECT toInt32(first_offset) AS first, toInt32(last_offset) AS last, changes, refused
        FROM @.change_batches FINAL ORDER BY ALL`),
    stop: () => server.stop(),
  }
}
