import { formatAckId } from './ack-id.ts'
import type { Lease } from './entry.ts'

/** What a stream tells its client of the subscription. */
export interface StreamProperties {
  exactlyOnce: boolean
  ordering: boolean
}

const receivedMessages = (1 << 3) | 2
const subscriptionProperties = (4 << 3) | 2
const ackId = (1 << 3) | 2
const pubsubMessage = (2 << 3) | 2
const deliveryAttempt = 3 << 3

/**
 * Writes a PullResponse, or with `properties` a StreamingPullResponse. Messages are already encoded, so this only
 * frames them, which is what makes one emulator process fast enough.
 */
export function encodeReceived(
  leases: readonly Lease[],
  prefix: string,
  properties?: StreamProperties,
): Buffer {
  const ids: string[] = new Array(leases.length)
  const sizes: number[] = new Array(leases.length)
  let total = properties ? 6 : 0
  for (let i = 0; i < leases.length; i++) {
    const { message, lease, attempt } = leases[i]!
    const id = formatAckId(prefix, message.seq, lease)
    const length = message.encoded.length
    const size = 2 + id.length + 1 + varintSize(length) + length + (attempt > 0 ? 1 + varintSize(attempt) : 0)
    ids[i] = id
    sizes[i] = size
    total += 1 + varintSize(size) + size
  }
  const out = Buffer.allocUnsafe(total)
  let at = 0
  for (let i = 0; i < leases.length; i++) {
    const { message, attempt } = leases[i]!
    const id = ids[i]!
    out[at++] = receivedMessages
    at = writeVarint(out, at, sizes[i]!)
    out[at++] = ackId
    out[at++] = id.length
    at += out.write(id, at, 'latin1')
    out[at++] = pubsubMessage
    at = writeVarint(out, at, message.encoded.length)
    out.set(message.encoded, at)
    at += message.encoded.length
    if (attempt > 0) {
      out[at++] = deliveryAttempt
      at = writeVarint(out, at, attempt)
    }
  }
  if (properties) {
    const flags = [8, Number(properties.exactlyOnce), 16, Number(properties.ordering)]
    for (const byte of [subscriptionProperties, flags.length, ...flags]) out[at++] = byte
  }
  return out
}

function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest > 127; rest >>>= 7) size++
  return size
}

function writeVarint(out: Buffer, start: number, value: number): number {
  let at = start
  let rest = value
  for (; rest > 127; rest >>>= 7) out[at++] = (rest & 127) | 128
  out[at++] = rest
  return at
}
