import { type ChangeRecord, utcDay } from '@pipeline/hospital/change.ts'

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
  /** One NDJSON line a change, each with its line end. */
  lines: string[]
  /** UTF-8 bytes of the lines. */
  bytes: number
}

/** Collects the changes of one topic partition and says when a batch is full. No clock and no I/O. */
export class BatchBuilder {
  private open: Batch | undefined
  private readonly limits: BatchLimits

  constructor(limits: BatchLimits) {
    this.limits = limits
  }

  get bytes(): number {
    return this.open?.bytes ?? 0
  }

  /** Takes a change; returns the batch that had to be cut before it, if any. */
  add(change: ChangeRecord): Batch | undefined {
    const line = `${JSON.stringify(change)}\n`
    const size = Buffer.byteLength(line)
    const day = utcDay(change.committedAt)
    const open = this.open
    let cut: Batch | undefined
    if (
      open &&
      (open.count >= this.limits.maxChanges ||
        open.bytes + size > this.limits.maxBytes ||
        open.day !== day ||
        open.table !== change.table)
    ) {
      cut = this.take()
    }
    if (this.open) {
      this.open.lines.push(line)
      this.open.bytes += size
      this.open.count += 1
      this.open.lastOffset = change.offset
    } else {
      const { table, topic, partition, offset, committedAt } = change
      this.open = {
        table,
        topic,
        partition,
        day,
        firstOffset: offset,
        lastOffset: offset,
        count: 1,
        committedAt,
        lines: [line],
        bytes: size,
      }
    }
    return cut
  }

  /** Whether the open batch can take nothing more. */
  get full(): boolean {
    return (
      this.open !== undefined &&
      (this.open.count >= this.limits.maxChanges || this.open.bytes >= this.limits.maxBytes)
    )
  }

  /** Ends the open batch and returns it. */
  take(): Batch | undefined {
    const batch = this.open
    this.open = undefined
    return batch
  }
}
