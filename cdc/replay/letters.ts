import { gunzipSync } from 'node:zlib'
import type { KafkaRecord } from '@pipeline/hospital/debezium.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { decodeEventLine, readEventLine } from '@pipeline/hospital/events/line.ts'
import { tableOfTopic } from '@pipeline/hospital/events/topics.ts'
import { type ChangeLine, decodeLine } from '@pipeline/hospital/fast-decode.ts'
import { z } from 'zod'

const PREFIX = 'dead-letters/'
const REPLAYED = 'dead-letters-replayed/'
const NAME = /^dead-letters\/([^/]+)\/date=\d{8}\/(?:(.+)-(\d{1,10})-(\d{1,16})|.+)\.json$/
const MOST_PLAIN_BYTES = 64 * 1024 * 1024

/** What the name of a dead letter says. */
export interface LetterName {
  name: string
  source: string
  /** The Kafka record that it is of, where it is of one. */
  topic?: string
  partition?: number
  offset?: number
}

/** Undefined for what is no dead letter of ours. */
export function readLetterName(name: string): LetterName | undefined {
  const match = NAME.exec(name)
  if (!match) return undefined
  const [, source, topic, partition, offset] = match
  if (topic === undefined) return { name, source: source! }
  return { name, source: source!, topic, partition: Number(partition), offset: Number(offset) }
}

/** Where letters of a source lie; of all of them without one. */
export function letterPrefix(source?: string): string {
  return source === undefined ? PREFIX : `${PREFIX}${source}/`
}

/** Where a letter lies once it was replayed. */
export function replayedName(name: string): string {
  return REPLAYED + name.slice(PREFIX.length)
}

const order = (a: string | undefined, b: string | undefined) => (a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1)

/** By topic, partition and offset; those of no record come first. */
export function inOrder(a: LetterName, b: LetterName): number {
  return (
    order(a.topic, b.topic) ||
    (a.partition ?? 0) - (b.partition ?? 0) ||
    (a.offset ?? 0) - (b.offset ?? 0) ||
    order(a.name, b.name)
  )
}

const bodySchema = z.object({
  code: z.string(),
  reason: z.string(),
  source: z.string(),
  origin: z.object({
    topic: z.string().optional(),
    partition: z.int().min(0).optional(),
    offset: z.int().min(0).optional(),
    messageId: z.string().optional(),
    subscription: z.string().optional(),
    object: z.string().optional(),
    generation: z.string().optional(),
  }),
  attributes: z.record(z.string(), z.string()).default({}),
  payload: z.base64().nullable(),
})
export type Letter = z.output<typeof bodySchema>

/** Reads a letter's object; undefined for what `deadLetterObject` does not write. */
export function readLetter(body: Buffer): Letter | undefined {
  try {
    return bodySchema.parse(JSON.parse(body.toString('utf8')))
  } catch {
    return undefined
  }
}

export type Carries = 'changes' | 'events'

/** What a letter comes to when it is looked at again. */
export type Content =
  /** One line of a batch: letters of offsets that follow each other travel together. */
  | { kind: 'line'; carries: Carries; line: ChangeLine }
  /** Its message as it was. */
  | { kind: 'message'; data: Buffer; attributes: Record<string, string> }
  /** An object of the lake that a load left out. */
  | { kind: 'object'; object: string; generation: string | undefined }
  /** A record that stands for no change. */
  | { kind: 'nothing' }
  | { kind: 'stays'; code: string; reason: string }

const record = z.object({ key: z.base64().nullable(), value: z.base64().nullable() })
const bytesOf = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text, 'base64'))

/** A record as the relay decodes it, by its topic. Null for a tombstone; throws a PipelineError. */
export function decodeRecord(of: KafkaRecord): { carries: Carries; line: ChangeLine } | null {
  if (tableOfTopic(of.topic)) return { carries: 'events', line: decodeEventLine(of) }
  const line = decodeLine(of)
  return line && { carries: 'changes', line }
}

function recordContent(letter: Letter): Content {
  const { topic, partition, offset } = letter.origin
  const parsed = record.safeParse(parseJson(letter.payload))
  if (topic === undefined || partition === undefined || offset === undefined || !parsed.success)
    return { kind: 'stays', code: 'RECORD_UNREADABLE', reason: 'the letter does not hold a Kafka record' }
  const { key, value } = parsed.data
  try {
    const decoded = decodeRecord({ topic, partition, offset, key: bytesOf(key), value: bytesOf(value) })
    return decoded === null ? { kind: 'nothing' } : { kind: 'line', ...decoded }
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    return { kind: 'stays', code: error.code, reason: error.message }
  }
}

function parseJson(payload: string | null): unknown {
  try {
    return JSON.parse(Buffer.from(payload ?? '', 'base64').toString('utf8'))
  } catch {
    return undefined
  }
}

const COMMITTED = /"committedAt":"(\d{4}-\d{2}-\d{2}T[0-9:.]+Z)"/

/** The one line of a message of one change or event; undefined for any other message. */
function singleLine(
  { topic, partition, offset }: Letter['origin'],
  data: Buffer,
  attributes: Record<string, string>,
) {
  const { format, count, table } = attributes
  if (count !== '1' || topic === undefined || partition === undefined || offset === undefined)
    return undefined
  if (format !== 'ndjson' && format !== 'ndjson.gz') return undefined
  let text: string
  try {
    const plain = format === 'ndjson' ? data : gunzipSync(data, { maxOutputLength: MOST_PLAIN_BYTES })
    text = plain.toString('utf8')
  } catch {
    return undefined
  }
  if (text.indexOf('\n') !== text.length - 1) return undefined
  const where = { topic, partition, offset }
  const events = tableOfTopic(topic)
  if (events) {
    const at = readEventLine(text.slice(0, -1), JSON.parse)?.origin.at
    return (
      at && {
        carries: 'events' as const,
        line: { line: text, table: events.name, committedAt: at, ...where },
      }
    )
  }
  const committedAt = COMMITTED.exec(text)?.[1]
  return (
    committedAt &&
    table && { carries: 'changes' as const, line: { line: text, table, committedAt, ...where } }
  )
}

/** Looks at a letter again with today's catalog. */
export function contentOf(letter: Letter): Content {
  if (letter.source === 'relay') return recordContent(letter)
  const { object, generation } = letter.origin
  if (object !== undefined) return { kind: 'object', object, generation }
  const data = Buffer.from(letter.payload ?? '', 'base64')
  const { attributes } = letter
  const single = singleLine(letter.origin, data, attributes)
  return single ? { kind: 'line', ...single } : { kind: 'message', data, attributes }
}
