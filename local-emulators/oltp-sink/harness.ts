import { BatchBuilder } from '@pipeline/cdc/relay/batch.ts'
import { encodeBatch } from '@pipeline/cdc/relay/message.ts'
import { writerPool } from '@pipeline/functions/oltp-sink/pool.ts'
import { oltpSink } from '@pipeline/functions/oltp-sink/sink.ts'
import type { OutgoingMessage } from '@pipeline/functions/publisher.ts'
import { pushFunction } from '@pipeline/functions/push.ts'
import { pushBody } from '@pipeline/functions/testing/batches.ts'
import { type LogBook, logBook, type Outbox, outbox, serve } from '@pipeline/functions/testing/serving.ts'
import { findTable } from '@pipeline/hospital/catalog.ts'
import { decodeEventLine } from '@pipeline/hospital/events/line.ts'
import type { Pool } from 'pg'

/** An event as a producer writes it, and the topic that it goes by. */
export interface TestEvent {
  topic: string
  value: unknown
}

let events = 0
/** `at` is in microseconds after a fixed moment. */
export function eventTime(at: number): string {
  return `2026-03-01T08:00:${String(Math.floor(at / 1e6)).padStart(2, '0')}.${String(at % 1e6).padStart(6, '0')}Z`
}

export function upsert(table: string, row: Record<string, unknown>, at: number): TestEvent {
  const { key, eventTopic } = findTable(table)!
  const keyOf = Object.fromEntries(key.map((name) => [name, row[name]]))
  const eventId = `event-${++events}`
  return {
    topic: eventTopic!,
    value: { eventId, op: 'upsert', eventTime: eventTime(at), key: keyOf, payload: row },
  }
}

export function remove(table: string, id: number, at: number): TestEvent {
  const { key, eventTopic } = findTable(table)!
  const eventId = `event-${++events}`
  const value = { eventId, op: 'delete', eventTime: eventTime(at), key: { [key[0]!]: id }, payload: null }
  return { topic: eventTopic!, value }
}

export const visit = (id: number, more: Record<string, unknown> = {}) => ({
  visit_id: id,
  patient_id: 1,
  doctor_id: 1,
  visit_date: '2026-03-01',
  diagnosis: 'J45 Asthma',
  total_cost: '120.50',
  ...more,
})
export const bill = (id: number, visitId: number, more: Record<string, unknown> = {}) => ({
  billing_id: id,
  patient_id: 1,
  visit_id: visitId,
  billing_date: '2026-03-02',
  total_amount: '99.90',
  payment_status: 'Pending',
  ...more,
})

const offsets = new Map<string, number>()

/** Events of one topic as the relay sends them: through its own decoder and encoder. */
export async function messageOf(given: readonly TestEvent[]): Promise<OutgoingMessage> {
  const builder = new BatchBuilder({ maxChanges: 1e6, maxBytes: 64e6 })
  for (const { topic, value } of given) {
    const offset = offsets.get(topic) ?? 0
    offsets.set(topic, offset + 1)
    const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
    const record = { topic, partition: 0, offset, key: null, value: bytes, timestamp: '1772352000000' }
    builder.add(decodeEventLine(record))
  }
  return encodeBatch(builder.take()!)
}

/** Messages of several topics as one message, which the relay does not make and the sink takes all the same. */
export function joined(
  messages: readonly OutgoingMessage[],
  unzip: (data: Uint8Array) => Buffer,
): OutgoingMessage {
  const data = Buffer.concat(messages.map((each) => unzip(each.data)))
  const count = messages.reduce((sum, { attributes }) => sum + Number(attributes.count), 0)
  return { data, attributes: { ...messages[0]!.attributes, count: String(count), format: 'ndjson' } }
}

export interface Sink {
  pool: Pool
  /** Statements that the pool's connections were given, in order. */
  statements: string[]
  again: Outbox
  deadLetters: Outbox
  log: LogBook
  /** The status of a push. */
  push(message: OutgoingMessage): Promise<number>
  send(events: readonly TestEvent[]): Promise<number>
  stop(): Promise<void>
}

/** oltp-sink under functions-framework, on a database, with topics in memory. */
export async function startSink(
  writerUrl: string,
  options: { maxWaitSeconds?: number; now?: () => Date } = {},
): Promise<Sink> {
  const log = logBook()
  const again = outbox()
  const deadLetters = outbox()
  const pool = writerPool(writerUrl, 2, log)
  const statements: string[] = []
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown
    const counted = (...args: unknown[]): unknown => {
      const [first] = args as [string | { text: string }]
      statements.push(typeof first === 'string' ? first : first.text)
      return query(...args)
    }
    client.query = counted as typeof client.query
  })
  const { maxWaitSeconds = 3600, ...more } = options
  const handle = oltpSink({ pool, events: again, deadLetters, maxWaitSeconds, ledgerDays: 30, log, ...more })
  const server = await serve(pushFunction({ name: 'oltp-sink', handle, deadLetters, log }))
  const push = async ({ data, attributes }: OutgoingMessage): Promise<number> =>
    (await server.post(pushBody(Buffer.from(data), attributes))).status
  return {
    pool,
    statements,
    again,
    deadLetters,
    log,
    push,
    send: async (given) => push(await messageOf(given)),
    async stop() {
      await server.stop()
      await pool.end()
    },
  }
}
