import { z } from 'zod'
import type { KafkaRecord } from '../debezium.ts'
import { PipelineError } from '../errors.ts'
import { decodeUtf8 } from '../exact-json.ts'
import type { ChangeLine } from '../fast-decode.ts'
import { tableOfTopic } from './topics.ts'

/** Pub/Sub takes 10 MB a message; a line has the event and where it came from. */
const MAX_EVENT_BYTES = 8_900_000

/** Where an event was in Kafka, and when Kafka got it. */
export interface EventOrigin {
  topic: string
  partition: number
  offset: number
  /** ISO 8601 UTC. */
  at: string
}

const whole = z.int().min(0)
const originSchema = z.object({
  topic: z.string().refine((topic) => tableOfTopic(topic) !== undefined),
  partition: whole.max(0x7fffffff),
  offset: whole,
  at: z.iso.datetime(),
})

function timeOf(timestamp: string | undefined): string {
  const ms = Number(timestamp)
  return new Date(
    timestamp !== undefined && ms >= 0 && ms < 253_402_300_800_000 ? ms : Date.now(),
  ).toISOString()
}

/** One line of a message of events, with its line end. `text` is the event as the producer wrote it. */
export function lineOfEvent({ topic, partition, offset, at }: EventOrigin, text: string): string {
  return `{"topic":${JSON.stringify(topic)},"partition":${partition},"offset":${offset},"at":"${at}","event":${text}}\n`
}

const EVENT_AT = ',"event":'

/** Takes a line apart; `event` is not checked. Undefined for a line that `lineOfEvent` does not write. */
export function readEventLine(
  line: string,
  parse: (text: string) => unknown,
): { origin: EventOrigin; text: string; event: unknown } | undefined {
  let parsed: unknown
  try {
    parsed = parse(line)
  } catch {
    return undefined
  }
  const result = originSchema.safeParse(parsed)
  const at = line.indexOf(EVENT_AT)
  if (!result.success || at === -1 || !line.endsWith('}')) return undefined
  const { event } = parsed as { event: unknown }
  return { origin: result.data, text: line.slice(at + EVENT_AT.length, -1), event }
}

/**
 * A record of an event topic as a line for Pub/Sub: JSON is looked at, the contract is not.
 * Throws EVENT_UNREADABLE or EVENT_TOO_LARGE with topic, partition and offset, never with a value.
 */
export function decodeEventLine(record: KafkaRecord): ChangeLine {
  const { topic, partition, offset, value } = record
  const where = { topic, partition, offset }
  const unreadable = (why: string): PipelineError => new PipelineError('EVENT_UNREADABLE', { ...where, why })
  const table = tableOfTopic(topic)
  if (!table) throw unreadable('not an event topic')
  if (value === null) throw unreadable('no value')
  if (value.length > MAX_EVENT_BYTES)
    throw new PipelineError('EVENT_TOO_LARGE', { ...where, bytes: value.length })
  const text = decodeUtf8(value)
  if (text === undefined) throw unreadable('not UTF-8')
  try {
    JSON.parse(text)
  } catch {
    throw unreadable('not JSON')
  }
  const at = timeOf(record.timestamp)
  // JSON has line ends only between its parts, where a space says the same.
  const line = lineOfEvent({ topic, partition, offset, at }, text.replace(/[\r\n]+/g, ' '))
  return { line, table: table.name, topic, partition, offset, committedAt: at }
}
