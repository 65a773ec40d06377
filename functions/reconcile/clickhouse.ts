import { changeTopic } from '@pipeline/hospital/catalog.ts'
import type { ClickHouse } from '../clickhouse/client.ts'
import { clickhouseHash, clickhouseRowKey } from '../clickhouse/hash.ts'
import { at, CHANGE_BATCHES, IS_DELETED, VERSION } from '../clickhouse/names.ts'
import { isSchemaMissing } from '../clickhouse/schema.ts'
import { notTruncatedSql } from '../clickhouse/truncates.ts'
import { sequenceSql } from '../clickhouse/version.ts'
import { type CurrentStore, createRows, type Offsets } from './current-store.ts'

const PAGE_ROWS = 20_000
const SHAPE = '[{"row_key": "VARCHAR", "sequence": "VARCHAR", "hash": "VARCHAR"}]'

/** Offsets that the ledger names, joined as they are read: a ledger of years has few gaps. */
async function readTaken(clickhouse: ClickHouse, topic: string): Promise<Offsets> {
  const offsets: Offsets = new Map()
  const sql = `SELECT partition, toString(first_offset) AS first, toString(last_offset) AS last
    FROM ${at(clickhouse.database, CHANGE_BATCHES)} WHERE topic = {topic:String} ORDER BY partition, first_offset`
  for await (const page of clickhouse.pages(sql, { topic })) {
    for (const line of page) {
      const { partition, first, last } = JSON.parse(line) as {
        partition: number
        first: string
        last: string
      }
      const id = `${topic}/${partition}`
      const ranges = offsets.get(id) ?? []
      offsets.set(id, ranges)
      const before = ranges.at(-1)
      if (before && Number(first) <= before.last + 1) before.last = Math.max(before.last, Number(last))
      else ranges.push({ first: Number(first), last: Number(last) })
    }
  }
  return offsets
}

/** ClickHouse's tables of current rows. Hashes are made there: only keys, sequences and hashes travel. */
export function clickhouseStore(clickhouse: ClickHouse): CurrentStore {
  return {
    store: 'clickhouse',
    async taken(table) {
      try {
        return await readTaken(clickhouse, changeTopic(table))
      } catch (error) {
        if (isSchemaMissing(error)) return undefined
        throw error
      }
    },
    async read(db, table, columns, into) {
      await createRows(db, into)
      const sql = `SELECT ${clickhouseRowKey(table)} AS row_key, ${sequenceSql(VERSION)} AS sequence,
          ${clickhouseHash(table, columns)} AS hash
        FROM ${at(clickhouse.database, table)} FINAL
        WHERE ${IS_DELETED} = 0 AND ${notTruncatedSql(clickhouse.database, table)}
        SETTINGS output_format_json_escape_forward_slashes = 0`
      let waiting: string[] = []
      const flush = async (): Promise<void> => {
        if (waiting.length === 0) return
        await db.run(
          `INSERT INTO ${into} SELECT r.row_key, r.sequence, r.hash::BIGINT, 1
           FROM (SELECT unnest(from_json($1::JSON, '${SHAPE}'), recursive := true)) r`,
          [`[${waiting.join(',')}]`],
        )
        waiting = []
      }
      for await (const page of clickhouse.pages(sql)) {
        waiting.push(...page)
        if (waiting.length >= PAGE_ROWS) await flush()
      }
      await flush()
    },
  }
}
