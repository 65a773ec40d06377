import type { ChangeLine } from '@pipeline/hospital/fast-decode.ts'
import { type Batch, BatchBuilder } from '../relay/batch.ts'
import type { Carries } from './letters.ts'

const LIMITS = { maxChanges: 5_000, maxBytes: 4_000_000 }

/** Something that goes with a line and is settled once its batch is sent. */
export interface Cut<T> {
  carries: Carries
  batch: Batch
  items: T[]
}

/**
 * Collects lines that come by topic, partition and offset into batches of offsets that follow each other, so that a
 * batch answers for no offset that it does not have. The same offset twice is one line.
 */
export class ContiguousBatches<T> {
  private builder = new BatchBuilder(LIMITS)
  private last: { carries: Carries; line: ChangeLine } | undefined
  private items: T[] = []

  /** Takes a line; returns the batch that ended before it, if one did. */
  add(carries: Carries, line: ChangeLine, item: T): Cut<T> | undefined {
    const { last } = this
    const same =
      last?.carries === carries && last.line.topic === line.topic && last.line.partition === line.partition
    if (same && last.line.offset === line.offset) {
      this.items.push(item)
      return undefined
    }
    let cut = last && !(same && last.line.offset + 1 === line.offset) ? this.take() : undefined
    const full = this.builder.add(line)
    if (full) {
      cut = { carries, batch: full, items: this.items }
      this.items = []
    }
    this.items.push(item)
    this.last = { carries, line }
    return cut
  }

  /** Ends the open batch. */
  take(): Cut<T> | undefined {
    const batch = this.builder.take()
    const { last, items } = this
    this.items = []
    this.last = undefined
    return batch && last ? { carries: last.carries, batch, items } : undefined
  }
}
