import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { type EventOrigin, lineOfEvent, readEventLine } from '@pipeline/hospital/events/line.ts'
import { tableOfTopic } from '@pipeline/hospital/events/topics.ts'
import { parseExactText } from '@pipeline/hospital/exact-json.ts'
import { z } from 'zod'
import { BatchFault } from '../batch/check.ts'
import { splitLines } from '../batch/lines.ts'
import type { PushMessage } from '../envelope.ts'
import type { OutgoingMessage } from '../publisher.ts'

/** One event of a message, not checked against its contract yet. */
export interface RawEvent {
  origin: EventOrigin
  text: string
  value: unknown
}

export interface EventMessage {
  events: RawEvent[]
  /** When the first of these events had to wait, ISO 8601 UTC; undefined for a message of the relay. */
  waitingSince?: string
}

const MAX_PLAIN_BYTES = 64 * 1024 * 1024
const unzip = promisify(gunzip)
const zip = promisify(gzip)
const whole = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/)
  .transform(Number)
  .refine(Number.isSafeInteger)
const schema = z.object({
  format: z.enum(['ndjson.gz', 'ndjson']),
  topic: z.string().refine((topic) => tableOfTopic(topic) !== undefined),
  partition: whole,
  firstOffset: whole,
  lastOffset: whole,
  count: whole,
  waitingSince: z.iso.datetime().optional(),
})

async function linesOf(
  data: Buffer,
  format: string,
  where: Record<string, string | number>,
): Promise<string[]> {
  try {
    const plain = format === 'ndjson' ? data : await unzip(data, { maxOutputLength: MAX_PLAIN_BYTES })
    return [...splitLines(plain)]
  } catch (error) {
    const reason =
      error instanceof RangeError
        ? 'too large when decompressed'
        : error instanceof BatchFault
          ? error.message
          : 'not whole gzip'
    throw new PipelineError('MESSAGE_CORRUPT', { reason, ...where })
  }
}

/** Takes a message of `hospital-events` apart. Throws MESSAGE_NOT_OURS or MESSAGE_CORRUPT, without a value. */
export async function readEventMessage({ data, attributes }: PushMessage): Promise<EventMessage> {
  const result = schema.safeParse(attributes)
  if (!result.success) {
    const wrong = [...new Set(result.error.issues.map(({ path }) => String(path[0])))].join(', ')
    throw new PipelineError('MESSAGE_NOT_OURS', { attributes: wrong })
  }
  const { format, waitingSince, ...where } = result.data
  const { topic, partition, firstOffset, lastOffset, count } = where
  const corrupt = (reason: string): PipelineError =>
    new PipelineError('MESSAGE_CORRUPT', { reason, ...where })
  const lines = await linesOf(data, format, where)
  if (lines.length !== count || count === 0) throw corrupt('another number of lines than the count')
  const events = lines.map((line, at): RawEvent => {
    const parts = readEventLine(line, parseExactText)
    if (!parts) throw corrupt(`line ${at + 1}: not an event with its origin`)
    const { origin, text, event } = parts
    const inRange = origin.offset >= firstOffset && origin.offset <= lastOffset
    if (origin.topic === topic && origin.partition === partition && !inRange) {
      throw corrupt(`line ${at + 1}: an offset out of the range`)
    }
    return { origin, text, value: event }
  })
  return { events, ...(waitingSince !== undefined && { waitingSince }) }
}

type Original = Pick<RawEvent, 'origin' | 'text'>

function attributesOf(events: readonly Original[], format: string): Record<string, string> {
  const { topic, partition } = events[0]!.origin
  const offsets = events
    .filter(({ origin }) => origin.topic === topic && origin.partition === partition)
    .map(({ origin }) => origin.offset)
  return {
    format,
    topic,
    partition: String(partition),
    firstOffset: String(offsets.reduce((a, b) => Math.min(a, b))),
    lastOffset: String(offsets.reduce((a, b) => Math.max(a, b))),
    count: String(events.length),
  }
}

const plainOf = (events: readonly Original[]): Buffer =>
  Buffer.from(events.map(({ origin, text }) => lineOfEvent(origin, text)).join(''))

/** A message of events that come again; `waitingSince` is when the first of them had to wait. */
export async function waitingMessage(
  events: readonly Original[],
  waitingSince: string | undefined,
): Promise<OutgoingMessage> {
  return {
    data: await zip(plainOf(events), { level: 1 }),
    attributes: { ...attributesOf(events, 'ndjson.gz'), ...(waitingSince !== undefined && { waitingSince }) },
  }
}

/** One event as a message by itself, in plain text: what its dead letter holds and what a replay sends again. */
export function singleMessage(event: Original): OutgoingMessage {
  return { data: plainOf([event]), attributes: attributesOf([event], 'ndjson') }
}
