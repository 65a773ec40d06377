import { utcDay } from '@pipeline/hospital/change.ts'
import type { ChangeLine } from '@pipeline/hospital/fast-decode.ts'

export interface BatchLimits {
  maxChanges: number
  maxBytes: number
}

/** Changes of one table, topic partition and UTC day, offsets in order. */
export interface Batch {
  table: string
  topic: string
  partition: number
  day: string
  firstOffset: number
  lastOffset: number
  count: number
  /** When its first change was committed. */
  committedAt: string
  /** NDJSON in UTF-8: one line a change, each with its line end. */
  ndjson: Buffer
}

type Head = Omit<Batch, 'ndjson'>

const SMALLEST = 65_536
/** A buffer that so few of its bytes were used of is given back: a large line or a busy hour is over. */
const LEAST_USED = 1 / 8

/**
 * Collects the changes of one topic partition and says when a batch is full. No clock and no I/O. A line goes into
 * the batch's bytes at once, so that the strings die young.
 */
export class BatchBuilder {
  private head: Head | undefined
  private buffer = Buffer.allocUnsafeSlow(0)
  private length = 0
  private readonly limits: BatchLimits

  constructor(limits: BatchLimits) {
    this.limits = limits
  }

  /** UTF-8 bytes of the open batch. */
  get bytes(): number {
    return this.length
  }

  /** Takes a change; returns the batch that had to be cut before it, if any. */
  add(change: ChangeLine): Batch | undefined {
    const { line } = change
    this.makeRoom(line.length)
    const end = this.length
    const size = this.buffer.write(line, end)
    const day = utcDay(change.committedAt)
    const cut = this.head && this.mustCut(this.head, change, day, size) ? this.end(this.head) : undefined
    if (cut) this.buffer.copyWithin(0, end, end + size)
    if (this.head) {
      this.head.count += 1
      this.head.lastOffset = change.offset
    } else {
      const { table, topic, partition, offset, committedAt } = change
      this.head = {
        table,
        topic,
        partition,
        day,
        firstOffset: offset,
        lastOffset: offset,
        count: 1,
        committedAt,
      }
    }
    this.length += size
    return cut
  }

  /** Whether the open batch can take nothing more. */
  get full(): boolean {
    return (
      this.head !== undefined &&
      (this.head.count >= this.limits.maxChanges || this.length >= this.limits.maxBytes)
    )
  }

  /** Ends the open batch and returns it. */
  take(): Batch | undefined {
    const { head, length, buffer } = this
    const batch = head && this.end(head)
    if (length < buffer.length * LEAST_USED) this.buffer = Buffer.allocUnsafeSlow(0)
    return batch
  }

  private end(head: Head): Batch {
    const ndjson = Buffer.allocUnsafeSlow(this.length)
    this.buffer.copy(ndjson, 0, 0, this.length)
    this.head = undefined
    this.length = 0
    return { ...head, ndjson }
  }

  /** UTF-8 takes three bytes at most for a UTF-16 unit. */
  private makeRoom(units: number): void {
    const wanted = this.length + 3 * units
    if (wanted <= this.buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(SMALLEST, 2 * this.buffer.length, wanted))
    this.buffer.copy(grown, 0, 0, this.length)
    this.buffer = grown
  }

  private mustCut(head: Head, change: ChangeLine, day: string, size: number): boolean {
    const { maxChanges, maxBytes } = this.limits
    if (head.count >= maxChanges || head.day !== day || head.table !== change.table) return true
    return this.length + size > maxBytes
  }
}
