import { type PubsubMessage, v1 } from './protos.ts'
import { checkRange, invalid } from './status.ts'
import { fromMs } from './time.ts'

/** A published message as it lies in memory: encoded once, however many subscriptions deliver it. */
export interface StoredMessage {
  /** Its place in the topic. */
  readonly seq: number
  readonly id: string
  readonly publishMs: number
  readonly orderingKey: string
  readonly encoded: Uint8Array
  /** How many subscriptions, snapshots and retention logs keep it. */
  holders: number
}

/** What an entry points to once its message is gone, so that nothing keeps the payload alive. */
export const goneMessage: StoredMessage = {
  seq: -1,
  id: '',
  publishMs: 0,
  orderingKey: '',
  encoded: new Uint8Array(),
  holders: 0,
}

export const limits = {
  messageBytes: 10_000_000,
  requestMessages: 1000,
  attributes: 100,
  keyBytes: 256,
  valueBytes: 1024,
  orderingKeyBytes: 1024,
  ackRequestBytes: 524_288,
} as const

/** Refuses a publish request outside the limits of Pub/Sub. */
export function checkPublish(messages: readonly PubsubMessage[]): void {
  checkRange('message_count', messages.length, 1, limits.requestMessages)
  let total = 0
  for (const message of messages) {
    const size = checkMessage(message)
    checkRange('message_size', size, 0, limits.messageBytes)
    total += size
  }
  checkRange('request_size', total, 0, limits.messageBytes)
  const key = messages[0]?.orderingKey
  if (messages.some((message) => message.orderingKey !== key)) {
    throw invalid(
      'In a single publish request, all messages must have no ordering key or they must all have the same ordering key.',
    )
  }
}

function checkMessage(message: PubsubMessage): number {
  const keyBytes = Buffer.byteLength(message.orderingKey ?? '')
  checkRange('ordering_key_size', keyBytes, 0, limits.orderingKeyBytes)
  let size = (message.data?.length ?? 0) + keyBytes
  const keys = Object.keys(message.attributes ?? {})
  if (keys.length === 0 && !message.data?.length) {
    throw invalid(
      'One or more messages in the publish request is empty. Each message must contain either non-empty data, or at least one attribute.',
    )
  }
  checkRange('attribute_count', keys.length, 0, limits.attributes)
  for (const key of keys) {
    const attribute = Buffer.byteLength(key)
    const value = Buffer.byteLength(message.attributes![key]!)
    checkRange('attribute_key_size', attribute, 1, limits.keyBytes)
    checkRange('attribute_value_size', value, 0, limits.valueBytes)
    if (key.startsWith('goog') && !key.startsWith('googclient_')) {
      throw invalid('Attribute keys must not begin with "goog".')
    }
    size += attribute + value
  }
  return size
}

/** Encodes a message with what the server adds to it. */
export function store(message: PubsubMessage, seq: number, id: string, publishMs: number): StoredMessage {
  const encoded = v1.PubsubMessage.encode({
    data: message.data ?? null,
    attributes: message.attributes ?? null,
    messageId: id,
    publishTime: fromMs(publishMs),
    orderingKey: message.orderingKey ?? '',
  }).finish()
  return { seq, id, publishMs, orderingKey: message.orderingKey ?? '', encoded, holders: 0 }
}

/** The message in full, as for a push or a dead letter. */
export function open(message: StoredMessage): { data: Uint8Array; attributes: Record<string, string> } {
  const { data, attributes } = v1.PubsubMessage.decode(message.encoded)
  return { data: data as Uint8Array, attributes }
}
