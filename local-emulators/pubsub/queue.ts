import { backoffMs } from './backoff.ts'
import { type Consumer, type Entry, endLease, type Lease, newEntry } from './entry.ts'
import { type KeyLine, KeyLines } from './key-line.ts'
import { LooseLine } from './loose-line.ts'
import { goneMessage, type StoredMessage } from './messages.ts'
import type { QueueParts } from './queue-parts.ts'
import { Retained } from './retained.ts'
import { Schedule } from './schedule.ts'

/** The messages of one subscription: leases, deadlines, back-off, ordering keys. It knows no network. */
export class MessageQueue {
  readonly #parts: QueueParts
  readonly #live = new Map<number, Entry>()
  readonly #retained: Retained
  readonly #loose = new LooseLine()
  readonly #keys = new KeyLines()
  readonly #schedule = new Schedule()
  #lease = 0
  #leased = 0
  #acked = 0
  #keysFirst = false

  constructor(parts: QueueParts) {
    this.#parts = parts
    this.#retained = new Retained(parts.budget)
  }

  get backlog(): number {
    return this.#live.size - this.#acked
  }

  get outstanding(): number {
    return this.#leased
  }

  /** About how many deliveries could be made now. */
  get waiting(): number {
    return this.#loose.length + this.#keys.size
  }

  /** A message published to the topic, or brought back by a seek. */
  add(message: StoredMessage): void {
    const entry = newEntry(message, this.#lease + 1)
    this.#live.set(message.seq, entry)
    this.#parts.budget.hold(message)
    if (this.#parts.rules().ordering && message.orderingKey !== '') this.#keys.add(entry)
    else this.#loose.add(entry)
  }

  /** Leases up to `max` messages, about `maxBytes` of them, for `deadlineMs`. */
  take(
    consumer: Consumer,
    max: number,
    maxBytes: number,
    deadlineMs: number,
    random?: () => number,
  ): Lease[] {
    const { maxDeliveryAttempts } = this.#parts.rules()
    const until = this.#parts.clock.now() + deadlineMs
    const leases: Lease[] = []
    for (let bytes = 0; leases.length < max && bytes < maxBytes; ) {
      const entry = this.#next(consumer, random)
      if (!entry) break
      const message = entry.message
      entry.state = 'leased'
      entry.lease = ++this.#lease
      entry.consumer = consumer
      this.#schedule.lease(entry, until)
      this.#leased++
      consumer.messages++
      consumer.bytes += message.encoded.length
      bytes += message.encoded.length
      const attempt = maxDeliveryAttempts === undefined ? 0 : entry.attempts + 1
      leases.push({ message, lease: entry.lease, attempt })
    }
    this.#parts.counters.delivered += leases.length
    return leases
  }

  /** Acknowledges a delivery; false when exactly-once delivery finds it void. */
  ack(seq: number, lease: number): boolean {
    const entry = this.#live.get(seq)
    if (this.#parts.rules().exactlyOnce && !(entry?.state === 'leased' && entry.lease === lease)) return false
    if (!entry || entry.state === 'acked' || lease < entry.floor) return true
    this.#parts.counters.acked++
    this.#settle(entry)
    return true
  }

  /** Moves the deadline of a delivery, or gives it back (0 ms); false as with `ack`. */
  modify(seq: number, lease: number, deadlineMs: number): boolean {
    const entry = this.#live.get(seq)
    if (entry?.state !== 'leased' || entry.lease !== lease) return !this.#parts.rules().exactlyOnce
    if (deadlineMs === 0) this.#fail(entry, 'nacked')
    else this.#schedule.lease(entry, this.#parts.clock.now() + deadlineMs)
    return true
  }

  /** Ends the leases and back-offs that are over. */
  tick(): void {
    const due = this.#schedule.takeDue(this.#parts.clock.now(), this.#leased)
    for (const entry of due.expired) if (entry.state === 'leased') this.#fail(entry, 'expired')
    for (const entry of due.ready) {
      entry.state = 'ready'
      this.#loose.addAgain(entry)
    }
    for (const line of due.lines) {
      line.resumeAt = 0
      this.#keys.offer(line)
    }
  }

  /** When `tick` has something to do again. */
  nextAt(): number | undefined {
    return this.#schedule.nextAt()
  }

  /** Drops what has been kept for longer than the retention. */
  expire(retentionMs: number): void {
    const before = this.#parts.clock.now() - retentionMs
    for (const entry of this.#live.values()) {
      if (entry.message.publishMs >= before) break
      this.#settle(entry, false)
    }
    this.#retained.expire(before)
  }

  /** The messages that are not acknowledged, and the acknowledged ones that are retained. */
  contents(): { unacked: StoredMessage[]; acked: StoredMessage[] } {
    const unacked: StoredMessage[] = []
    const acked = [...this.#retained.values()]
    for (const { state, message } of this.#live.values()) (state === 'acked' ? acked : unacked).push(message)
    return { unacked, acked }
  }

  /** Replaces the contents, as a seek does: all leases are void and everything unacked is ready at once. */
  replace(unacked: StoredMessage[], acked: StoredMessage[]): void {
    for (const entry of this.#live.values()) {
      if (entry.state === 'leased') this.#endLease(entry)
      this.#release(entry, false)
    }
    this.#acked = 0
    for (const part of [this.#loose, this.#keys, this.#schedule]) part.clear()
    const inOrder = (a: StoredMessage, b: StoredMessage): number => a.seq - b.seq
    for (const message of unacked.sort(inOrder)) this.add(message)
    this.#retained.clear()
    if (this.#parts.rules().retainAcked)
      for (const message of acked.sort(inOrder)) this.#retained.add(message)
  }

  /** The publish time of the oldest message that is not acknowledged. */
  oldestUnackedMs(): number | undefined {
    for (const entry of this.#live.values()) if (entry.state !== 'acked') return entry.message.publishMs
    return undefined
  }

  /** Lets a consumer go; its leases run on until their deadlines. */
  leave(consumer: Consumer): void {
    this.#keys.leave(consumer)
  }

  #next(consumer: Consumer, random?: () => number): Entry | undefined {
    if (this.#keys.size === 0) return this.#loose.next(random)
    this.#keysFirst = !this.#keysFirst
    return this.#keysFirst
      ? (this.#keys.next(consumer) ?? this.#loose.next(random))
      : (this.#loose.next(random) ?? this.#keys.next(consumer))
  }

  #settle(entry: Entry, retain = true): void {
    if (entry.state === 'leased') this.#endLease(entry)
    else if (entry.state === 'acked') this.#acked--
    if (entry.line && retain && !this.#parts.rules().exactlyOnce) {
      entry.state = 'acked'
      this.#acked++
    } else this.#release(entry, retain)
    if (!entry.line) return
    this.#keys.settle(entry.line, (settled) => {
      this.#acked--
      this.#release(settled, true)
    })
  }

  #fail(entry: Entry, how: 'nacked' | 'expired'): void {
    const { backoff, maxDeliveryAttempts } = this.#parts.rules()
    this.#parts.counters[how]++
    entry.failures++
    if (maxDeliveryAttempts !== undefined) {
      entry.attempts++
      if (entry.attempts >= maxDeliveryAttempts && this.#parts.deadLetter(entry.message, entry.attempts)) {
        this.#parts.counters.deadLettered++
        this.#settle(entry)
        return
      }
    }
    const delay = backoff ? backoffMs(backoff, entry.failures) : 0
    if (entry.line) this.#failInOrder(entry, entry.line, delay)
    else this.#failLoose(entry, delay)
  }

  #failLoose(entry: Entry, delay: number): void {
    this.#endLease(entry)
    if (delay > 0) {
      this.#schedule.delay(entry, this.#parts.clock.now() + delay)
      return
    }
    entry.state = 'ready'
    this.#loose.addAgain(entry)
  }

  #failInOrder(entry: Entry, line: KeyLine, delay: number): void {
    this.#keys.takeBack(line, entry, (later) => {
      if (later.state === 'gone') return false
      if (later.state === 'leased') this.#endLease(later)
      else this.#acked--
      later.state = 'ready'
      later.floor = this.#lease + 1
      return true
    })
    if (delay > 0) this.#schedule.pause(line, this.#parts.clock.now() + delay)
    this.#keys.offer(line)
  }

  #endLease(entry: Entry): void {
    endLease(entry)
    this.#leased--
  }

  #release(entry: Entry, retain: boolean): void {
    const message = entry.message
    this.#live.delete(message.seq)
    entry.state = 'gone'
    entry.message = goneMessage
    if (retain && this.#parts.rules().retainAcked) this.#retained.add(message)
    this.#parts.budget.release(message)
  }
}
