import { createClient } from '@clickhouse/client'
import { openClickHouse } from '@pipeline/functions/clickhouse/client.ts'
import { insertColumns } from '@pipeline/functions/clickhouse/row.ts'
import { changeStore } from '@pipeline/functions/clickhouse/store.ts'
import { clickHouseSink } from '@pipeline/functions/clickhouse-sink/sink.ts'
import { manifest } from '@pipeline/functions/manifest.ts'
import { catalog, findTable } from '@pipeline/hospital/catalog.ts'
import { CLICKHOUSE_ACCOUNT } from '@pipeline/local-emulators/services/clickhouse.ts'
import type { StackFile } from '@pipeline/local-emulators/stack-file.ts'
import { pino } from 'pino'
import { type Beside, beside, expectRows, loopRate, nowhere, rateOf, together } from './rate.ts'
import { changeMessages, VISIT_COLUMNS, visitOf } from './rows.ts'

const ROWS = 200_000
const DATABASE = 'bench'

/**
 * clickhouse-sink from message to stored rows and its line in the ledger, as many at once as its manifest says, and
 * beside it what the reference does: for each change a client, an insert of one row into the same table, and the
 * client's end.
 */
export async function measureClickHouse(stack: StackFile): Promise<Beside> {
  const { username } = CLICKHOUSE_ACCOUNT
  const clickhouse = openClickHouse({ url: stack.clickhouseUrl, username, database: DATABASE })
  try {
    const visits = Array.from({ length: ROWS }, (_, at) => visitOf(at + 1))
    const messages = await changeMessages(visits)
    const log = pino({ level: 'silent' })
    // The manifest leaves both at their defaults.
    const store = changeStore({ clickhouse, catalog, everyMs: 500, most: 50_000 })
    const lake = { head: async () => undefined, open: async () => undefined }
    const sink = clickHouseSink({ name: 'clickhouse-sink', store, lake, deadLetters: nowhere, log })
    const { concurrency } = manifest.find(({ name }) => name === 'clickhouse-sink')!
    const ours = await rateOf(ROWS, () =>
      together(messages, concurrency, ({ data, attributes }) => sink({ messageId: '1', data, attributes })),
    )
    const count = async (): Promise<number> => {
      const rows = await clickhouse.rows<{ n: string }>(`SELECT count() AS n FROM ${DATABASE}.visits_current`)
      return Number(rows[0]!.n)
    }
    expectRows('ClickHouse', await count(), ROWS)
    const columns = insertColumns(findTable('visits')!)
    let inserted = 0
    const loop = await loopRate(ROWS, async (at) => {
      const visit = visitOf(ROWS + at + 1)
      const values = [
        ...VISIT_COLUMNS.map((name) => visit[name]),
        '',
        '2026-03-01 08:00:00.000',
        String(at + 1),
        0,
      ]
      const client = createClient({ url: stack.clickhouseUrl, username })
      try {
        await client.insert({
          table: `${DATABASE}.visits`,
          columns: columns as [string, ...string[]],
          values: [values],
          format: 'JSONCompactEachRow',
        })
        inserted += 1
      } finally {
        await client.close()
      }
    })
    expectRows('ClickHouse', await count(), ROWS + inserted)
    return beside(ours, loop)
  } finally {
    await clickhouse.close()
  }
}
