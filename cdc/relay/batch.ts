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

/** Collects the changes of one topic partition and says when a batch is full. No clock and no I/O. */
export class BatchBuilder {
  private head: Head | undefined
  private text = ''
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
    const size = Buffer.byteLength(line)
    const day = utcDay(change.committedAt)
    const cut = this.mustCut(change, day, size) ? this.take() : undefined
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
    this.text += line
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
    const { head, text } = this
    this.head = undefined
    this.text = ''
    this.length = 0
    return head && { ...head, ndjson: Buffer.from(text) }
  }

  private mustCut(change: ChangeLine, day: string, size: number): boolean {
    const { head, limits } = this
    if (!head) return false
    if (head.count >= limits.maxChanges || head.day !== day || head.table !== change.table) return true
    return this.length + size > limits.maxBytes
  }
}
