import { randomBytes } from 'node:crypto'

/** The beginning of all acknowledgement ids of one subscription. */
export function newAckPrefix(): string {
  return `${randomBytes(6).toString('hex')}-`
}

/** The id that a delivery is acknowledged by. */
export function formatAckId(prefix: string, seq: number, lease: number): string {
  return `${prefix}${seq.toString(36)}-${lease.toString(36)}`
}

const numbers = /^([0-9a-z]{1,10})-([0-9a-z]{1,10})$/

/** Reads an id of this subscription; undefined for anything else. */
export function parseAckId(prefix: string, ackId: string): { seq: number; lease: number } | undefined {
  if (!ackId.startsWith(prefix)) return undefined
  const match = numbers.exec(ackId.slice(prefix.length))
  if (!match) return undefined
  return { seq: Number.parseInt(match[1]!, 36), lease: Number.parseInt(match[2]!, 36) }
}
