import type { StoredMessage } from './messages.ts'

/** What a stored message costs beyond its bytes, so that many small ones are bounded too. */
const overheadBytes = 128

/** Counts the bytes of all messages that something still keeps, each message once. */
export class ByteBudget {
  readonly limit: number
  used = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** Whether the given messages would still fit. */
  fits(payloadBytes: number, messages: number): boolean {
    return this.used + payloadBytes + messages * overheadBytes <= this.limit
  }

  hold(message: StoredMessage): void {
    if (message.holders++ === 0) this.used += message.encoded.length + overheadBytes
  }

  release(message: StoredMessage): void {
    if (--message.holders === 0) this.used -= message.encoded.length + overheadBytes
  }
}
