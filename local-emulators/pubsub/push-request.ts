import { validateHeaderName, validateHeaderValue } from 'node:http'
import { open, type StoredMessage } from './messages.ts'
import type { PushConfig } from './protos.ts'

export interface PushRequest {
  headers: Record<string, string>
  body: Buffer
}

/** Headers that an attribute of a message must not replace. */
const ownHeaders = new Set([
  'authorization',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
])

/** What Pub/Sub posts for a message: the JSON envelope, or the bare data when the wrapper is off. */
export function pushRequest(
  push: PushConfig,
  subscription: string,
  message: StoredMessage,
  attempt: number,
): PushRequest {
  const { data, attributes } = open(message)
  const publishTime = new Date(message.publishMs).toISOString()
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  if (push.noWrapper) {
    const headers = push.noWrapper.writeMetadata
      ? metadataHeaders(subscription, message, publishTime, attributes)
      : {}
    return { headers, body: bytes }
  }
  const envelope = {
    message: {
      attributes,
      ...(bytes.length > 0 && { data: bytes.toString('base64') }),
      messageId: message.id,
      message_id: message.id,
      publishTime,
      publish_time: publishTime,
      ...(message.orderingKey && { orderingKey: message.orderingKey }),
    },
    subscription,
    ...(attempt > 0 && { deliveryAttempt: attempt }),
  }
  return { headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify(envelope)) }
}

function metadataHeaders(
  subscription: string,
  message: StoredMessage,
  publishTime: string,
  attributes: Record<string, string>,
): Record<string, string> {
  const headers: Record<string, string> = {}
  const all: Record<string, string> = {
    ...attributes,
    'x-goog-pubsub-subscription-name': subscription,
    'x-goog-pubsub-message-id': message.id,
    'x-goog-pubsub-publish-time': publishTime,
    ...(message.orderingKey && { 'x-goog-pubsub-ordering-key': message.orderingKey }),
  }
  for (const [key, value] of Object.entries(all)) {
    const name = key.toLowerCase()
    if (!ownHeaders.has(name) && isHeader(name, value)) headers[name] = value
  }
  return headers
}

function isHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name)
    validateHeaderValue(name, value)
    return true
  } catch {
    return false
  }
}
