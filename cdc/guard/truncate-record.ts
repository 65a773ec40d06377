import { SCHEMA, TOPIC_PREFIX } from '@pipeline/hospital/catalog.ts'

/**
 * A record as Debezium writes it for a truncate that stands right below `floor` in the order of changes: it ends what
 * came before a snapshot and was not found by it.
 */
export function truncateRecord(table: string, floor: bigint, at: Date): { key: null; value: string } {
  const below = String(floor - 1n)
  const ms = at.getTime()
  return {
    key: null,
    value: JSON.stringify({
      before: null,
      after: null,
      source: {
        version: 'guard',
        connector: 'postgresql',
        name: TOPIC_PREFIX,
        ts_ms: ms,
        snapshot: 'false',
        sequence: JSON.stringify([below, below]),
        schema: SCHEMA,
        table,
        txId: null,
        lsn: null,
      },
      transaction: null,
      op: 't',
      ts_ms: ms,
    }),
  }
}
