import { gzipSync } from 'node:zlib'
import { findTable } from '@pipeline/hospital/catalog.ts'
import { type ChangeRecord, toNdjson } from '@pipeline/hospital/change.ts'
import { type LakeName, lakeName } from '@pipeline/hospital/lake-names.ts'
import { formatSequence } from '@pipeline/hospital/sequence.ts'

export const TOPIC = 'postgres-source.public.visits'

/** A change of a visit as the relay makes it; any field may be given. */
export function visitChange(offset: number, given: Partial<ChangeRecord> = {}): ChangeRecord {
  const table = given.table ?? 'visits'
  const key = Object.fromEntries((findTable(table)?.key ?? ['id']).map((column) => [column, offset]))
  return {
    table,
    op: 'c',
    key,
    row: { ...key, patient_id: 7, diagnosis: 'J45 Asthma', total_cost: '120.50' },
    sequence: formatSequence(BigInt(offset), BigInt(offset), 0),
    txId: 900 + offset,
    committedAt: '2024-03-05T10:20:30.123Z',
    capturedAt: '2024-03-05T10:20:31.456Z',
    topic: `postgres-source.public.${table}`,
    partition: 0,
    offset,
    ...given,
  }
}

export function visitChanges(first: number, last: number, given: Partial<ChangeRecord> = {}): ChangeRecord[] {
  return Array.from({ length: last - first + 1 }, (_, index) => visitChange(first + index, given))
}

export interface Batch {
  data: Buffer
  attributes: Record<string, string>
  name: string
}

/** Changes of one table, partition and day as the relay sends them, and the name they get in the lake. */
export function batchOf(changes: readonly ChangeRecord[], attributes: Record<string, string> = {}): Batch {
  const first = changes[0]!
  const last = changes.at(-1)!
  const { table, topic, partition } = first
  const parts: LakeName = {
    table,
    day: first.committedAt.slice(0, 10).replaceAll('-', ''),
    topic,
    partition,
    firstOffset: first.offset,
    lastOffset: last.offset,
  }
  return {
    data: gzipSync(toNdjson(changes)),
    name: lakeName(parts),
    attributes: {
      table,
      topic,
      partition: String(partition),
      firstOffset: String(first.offset),
      lastOffset: String(last.offset),
      count: String(changes.length),
      format: 'ndjson.gz',
      ...attributes,
    },
  }
}

/** A push request's body as Pub/Sub sends it. */
export function pushBody(data: Buffer, attributes: Record<string, string>, messageId = '1001'): string {
  return JSON.stringify({
    message: {
      data: data.toString('base64'),
      attributes,
      messageId,
      message_id: messageId,
      publishTime: '2024-03-05T10:20:32.789Z',
      publish_time: '2024-03-05T10:20:32.789Z',
    },
    subscription: 'projects/test-project/subscriptions/lake-sink',
    deliveryAttempt: 1,
  })
}
