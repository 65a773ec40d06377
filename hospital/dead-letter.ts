import { createHash } from 'node:crypto'
import { errorCatalog } from './error-catalog.ts'

/** Where a dead letter was before: a Kafka record, a Pub/Sub message or a lake object. */
export interface DeadLetterOrigin {
  topic?: string
  partition?: number
  offset?: number
  messageId?: string
  subscription?: string
  object?: string
  generation?: string
}

/** Why something could not be taken. `reason` holds no row value. */
export interface DeadLetterNote extends DeadLetterOrigin {
  code: string
  reason: string
  /** The component that gave it up: `relay`, `lake-sink`... */
  source: string
  /** When it was given up, ISO 8601 UTC. */
  at: string
  /** When the original itself arose: names the day of the stored object, so that twice is once over midnight. */
  originAt?: string
}

export interface DeadLetter extends DeadLetterNote {
  /** The original's own attributes. */
  attributes: Readonly<Record<string, string>>
  publishedAt?: string
  payload: Uint8Array | null
}

/** A message of the dead-letter topic. */
export interface DeadLetterMessage {
  data: Uint8Array
  attributes: Readonly<Record<string, string>>
  messageId: string
  /** ISO 8601 UTC. */
  publishTime?: string | undefined
}

const MAX_ATTRIBUTES = 100
const MAX_VALUE_BYTES = 1024
const FORWARDED = 'CloudPubSubDeadLetterSource'
const names = {
  code: 'deadLetterCode',
  reason: 'deadLetterReason',
  source: 'deadLetterSource',
  at: 'deadLetteredAt',
  messageId: 'deadLetterMessageId',
  originAt: 'deadLetterOriginAt',
  subscription: 'deadLetterSubscription',
  topic: 'deadLetterTopic',
  partition: 'deadLetterPartition',
  offset: 'deadLetterOffset',
  object: 'deadLetterObject',
  generation: 'deadLetterGeneration',
} as const satisfies Record<keyof DeadLetterNote, string>
const ours = new Set<string>(Object.values(names))

function cut(value: string): string {
  const bytes = Buffer.from(value)
  if (bytes.length <= MAX_VALUE_BYTES) return value
  let end = MAX_VALUE_BYTES
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}

/** A message's attributes without those that dead lettering or Pub/Sub itself added: what a replay sends. */
export function originalAttributes(attributes: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(attributes).filter(
    ([name]) => !ours.has(name) && !name.startsWith(FORWARDED) && !name.startsWith('goog'),
  )
  return Object.fromEntries(kept)
}

/**
 * Attributes to publish a dead letter with: the original's and the note's, within Pub/Sub's limits of 1024 bytes a
 * value and 100 attributes. The note comes first; originals that find no room are left out.
 */
export function deadLetterAttributes(
  note: DeadLetterNote,
  original: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const noted: [string, string][] = []
  for (const [field, name] of Object.entries(names) as [keyof DeadLetterNote, string][]) {
    const value = note[field]
    if (value !== undefined) noted.push([name, cut(String(value))])
  }
  const kept = Object.entries(originalAttributes(original)).slice(0, MAX_ATTRIBUTES - noted.length)
  return Object.fromEntries([...kept, ...noted])
}

function whole(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,16}$/.test(text) ? Number(text) : undefined
}

function defined<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as T
}

/** Reads any message of the dead-letter topic; what it does not say stays unsaid, it never throws. */
export function readDeadLetter(message: DeadLetterMessage, receivedAt: string): DeadLetter {
  const { attributes, messageId, publishTime, data } = message
  const forwarder = attributes[`${FORWARDED}Subscription`]
  const common = { attributes: originalAttributes(attributes), publishedAt: publishTime, payload: data }
  if (attributes[names.code] === undefined && forwarder !== undefined) {
    return defined<DeadLetter>({
      ...common,
      code: 'DELIVERY_EXHAUSTED',
      reason: `${attributes[`${FORWARDED}DeliveryCount`] ?? 'all'} delivery attempts failed`,
      source: forwarder.split('/').at(-1) || 'unknown',
      at: publishTime ?? receivedAt,
      originAt: publishTime,
      messageId,
      subscription: forwarder,
      publishedAt: attributes[`${FORWARDED}TopicPublishTime`] ?? publishTime,
    })
  }
  return defined<DeadLetter>({
    ...common,
    code: attributes[names.code] ?? 'MESSAGE_NOT_OURS',
    reason: attributes[names.reason] ?? 'a message of the dead-letter topic that says no reason',
    source: attributes[names.source] || 'unknown',
    at: attributes[names.at] ?? publishTime ?? receivedAt,
    originAt: attributes[names.originAt],
    messageId: attributes[names.messageId] ?? messageId,
    subscription: attributes[names.subscription],
    topic: attributes[names.topic],
    partition: whole(attributes[names.partition]),
    offset: whole(attributes[names.offset]),
    object: attributes[names.object],
    generation: attributes[names.generation],
  })
}

/** Fit for one part of an object's name; what had to change gets a hash, so that different texts stay different. */
function safePart(text: string): string {
  const safe = text.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^\.+/, '_')
  if (safe === text && safe !== '' && safe.length <= 200) return safe
  return `${safe.slice(0, 180)}-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`
}

function dayOf(letter: DeadLetter): string {
  for (const time of [letter.originAt, letter.at]) {
    const match = time === undefined ? null : /^(\d{4})-(\d{2})-(\d{2})T/.exec(time)
    if (match) return match.slice(1).join('')
  }
  return '00000000'
}

function identity(letter: DeadLetter): string {
  const { topic, partition, offset, object, generation, messageId } = letter
  if (topic !== undefined && partition !== undefined && offset !== undefined) {
    return `${topic}-${partition}-${offset}`
  }
  if (object !== undefined) return `${object}@${generation ?? ''}`
  return (
    messageId ??
    createHash('sha256')
      .update(letter.payload ?? '')
      .digest('hex')
  )
}

/** The lake object of a dead letter: the same letter always has the same name. `body` is one JSON object. */
export function deadLetterObject(letter: DeadLetter): { name: string; body: string } {
  const { code, reason, source, at, attributes, payload, messageId, publishedAt } = letter
  const { topic, partition, offset, subscription, object, generation } = letter
  const body = {
    code,
    reason,
    todo: code in errorCatalog ? errorCatalog[code as keyof typeof errorCatalog].todo : null,
    source,
    origin: { topic, partition, offset, messageId, subscription, object, generation },
    attributes,
    messageId: messageId ?? null,
    publishedAt: publishedAt ?? null,
    deadLetteredAt: at,
    payload: payload === null ? null : Buffer.from(payload).toString('base64'),
  }
  return {
    name: `dead-letters/${safePart(source)}/date=${dayOf(letter)}/${safePart(identity(letter))}.json`,
    body: JSON.stringify(body),
  }
}
