import type { DeadLetterNote } from '@pipeline/hospital/dead-letter.ts'
import type { KafkaRecord } from '@pipeline/hospital/debezium.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { ChangeLine } from '@pipeline/hospital/fast-decode.ts'
import { type Batch, BatchBuilder, type BatchLimits } from './batch.ts'
import { OffsetTracker } from './offsets.ts'

export interface StreamActions {
  /** A record as its line; null for a tombstone. Throws a PipelineError for what can't be read. */
  decode(record: KafkaRecord): ChangeLine | null
  publish(batch: Batch): Promise<void>
  deadLetter(note: DeadLetterNote, payload: Buffer): Promise<void>
  tombstone(): void
  now(): Date
  /** Milliseconds of a clock that never jumps. */
  elapsed(): number
}

/**
 * One topic partition on its way to Pub/Sub: decodes records, fills batches, and knows which offset is safe.
 * Dead letters travel beside the batch that they fell out of, so that they do not cut it.
 */
export class PartitionStream {
  readonly topic: string
  readonly partition: number
  readonly offsets = new OffsetTracker()
  private readonly builder: BatchBuilder
  private readonly actions: StreamActions
  private nextOffset = 0
  private trackedTo = 0
  private letters: Promise<void>[] = []
  /** When the open batch got its first change, by `elapsed`. */
  openSince: number | undefined
  /** When records were last taken, by `elapsed`. */
  takenAt = 0

  constructor(topic: string, partition: number, limits: BatchLimits, actions: StreamActions) {
    this.topic = topic
    this.partition = partition
    this.builder = new BatchBuilder(limits)
    this.actions = actions
  }

  /** Whether a record follows on those taken; it does not when reading went back to a committed offset. */
  follows(offset: number): boolean {
    return offset >= this.nextOffset
  }

  get openBytes(): number {
    return this.builder.bytes
  }

  /** Takes records in offset order; full batches are on their way when it returns. Returns the newest commit's time. */
  take(records: Iterable<KafkaRecord>): string | undefined {
    let newest: string | undefined
    this.takenAt = this.actions.elapsed()
    for (const record of records) {
      try {
        const change = this.actions.decode(record)
        if (change) {
          const cut = this.builder.add(change)
          if (cut) this.send(cut)
          this.openSince ??= this.actions.elapsed()
          newest = change.committedAt
        } else {
          this.actions.tombstone()
        }
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error
        this.letters.push(this.actions.deadLetter(this.note(error, record), payloadOf(record)))
      }
      this.nextOffset = record.offset + 1
      if (this.builder.full) this.flush()
    }
    if (this.builder.bytes === 0) this.flush()
    return newest
  }

  /** Sends what is open and remembers what was passed over. */
  flush(): void {
    const batch = this.builder.take()
    if (batch) this.send(batch)
    else if (this.nextOffset > this.trackedTo) this.settle(this.nextOffset, this.takeLetters())
  }

  private takeLetters(): Promise<void>[] {
    const letters = this.letters
    this.letters = []
    return letters
  }

  private send(batch: Batch): void {
    this.openSince = undefined
    const next = Math.max(batch.lastOffset + 1, this.nextOffset)
    this.settle(next, [this.actions.publish(batch), ...this.takeLetters()])
  }

  private settle(nextOffset: number, work: Promise<void>[]): void {
    this.trackedTo = nextOffset
    const done = this.offsets.track(nextOffset)
    // Only a stop ends the publisher's patience: the offset then stays where it is and the records come again.
    void Promise.all(work).then(done, () => {})
  }

  private note(error: PipelineError, record: KafkaRecord): DeadLetterNote {
    const { topic, partition, offset, timestamp } = record
    const at = this.actions.now().toISOString()
    const origin = {
      topic,
      partition,
      offset,
      ...(timestamp && { originAt: new Date(Number(timestamp)).toISOString() }),
    }
    return { code: error.code, reason: error.message, source: 'relay', at, ...origin }
  }
}

/** A Kafka record as a dead letter keeps it: key and value in base64, so that it can be replayed to the letter. */
export function payloadOf(record: KafkaRecord): Buffer {
  const base64 = (bytes: Buffer | null): string | null => bytes?.toString('base64') ?? null
  return Buffer.from(JSON.stringify({ key: base64(record.key), value: base64(record.value) }))
}
