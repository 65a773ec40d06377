import type { KafkaRecord } from '@pipeline/hospital/debezium.ts'
import { safeError } from '@pipeline/hospital/errors.ts'
import { type ChangeLine, decodeLine } from '@pipeline/hospital/fast-decode.ts'
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { changeTopics } from '../topics.ts'
import type { BatchLimits } from './batch.ts'
import { ClockWatch } from './clock-watch.ts'
import { Committer } from './committer.ts'
import { createConsumer } from './consumer.ts'
import type { Metrics } from './metrics.ts'
import { PartitionStream } from './partition-stream.ts'
import { Periodic } from './periodic.ts'
import type { Publisher } from './publisher.ts'
import { recordsOf } from './records.ts'

const COMMIT_EVERY_MS = 200
const COMMIT_AGAIN_MS = 5_000
const LOOK_FOR_TOPICS_MS = 10_000
const LOOK_AT_CLOCK_MS = 1_000
/** Commits older than this mean that the relay is behind; then larger batches are worth a longer wait. */
const BEHIND_MS = 2_000
const BEHIND_LINGER_FACTOR = 4
const DRAIN_MS = 20_000

export interface RelayOptions {
  /** Of which no other member of the group is: kafkajs keeps a group's offsets once a client. */
  kafka: Kafka
  groupId: string
  /** What to read: the change topics unless given. */
  topics?: (kafka: Kafka) => Promise<string[]>
  /** How to read it: as Debezium's changes unless given. */
  decode?: (record: KafkaRecord) => ChangeLine | null
  limits: BatchLimits
  lingerMs: number
  maxInFlightBytes: number
  publisher: Publisher
  metrics: Metrics
  logger: Logger
  /** Called when reading ended for good; only a new process helps. */
  onFatal(error: Error): void
}

/** Carries topics from Kafka to Pub/Sub. An offset is committed only after Pub/Sub has taken its batch. */
export class Relay {
  private readonly options: Required<RelayOptions>
  private consumer: Consumer | undefined
  private topics: string[] = []
  private readonly streams = new Map<string, PartitionStream>()
  private readonly committer = new Committer(this.streams, async (positions) => {
    await this.consumer?.commitOffsets(positions)
  })
  private inFlightBytes = 0
  private roomWaiters: (() => void)[] = []
  private readonly tasks: Periodic
  private newestCommit = 0
  private joining: Promise<void> | undefined
  private readonly clock = new ClockWatch()
  private stopped = false

  constructor(options: RelayOptions) {
    this.options = { topics: changeTopics, decode: decodeLine, ...options }
    this.tasks = new Periodic(options.logger)
  }

  /** Starts reading; resolves once the group is joined. Topics that come later are taken up by themselves. */
  async start(): Promise<void> {
    await this.subscribe()
    this.tasks.every(Math.min(this.options.lingerMs / 4, 50), () => this.flushDue())
    this.tasks.every(COMMIT_EVERY_MS, () => this.committer.commit())
    this.tasks.every(COMMIT_AGAIN_MS, () => this.committer.commitAgain())
    this.tasks.every(LOOK_FOR_TOPICS_MS, () => this.takeUpNewTopics())
    this.tasks.every(LOOK_AT_CLOCK_MS, () => this.lookAtClock())
  }

  /** Stops reading, sends what is open, waits for Pub/Sub's answers and commits: nothing is sent twice. */
  async stop(): Promise<void> {
    this.stopped = true
    this.tasks.stop()
    await this.joining
    await this.leave()
  }

  private async leave(): Promise<void> {
    await this.drain()
    await this.consumer?.disconnect()
    this.consumer = undefined
  }

  private async subscribe(): Promise<void> {
    this.topics = await this.options.topics(this.options.kafka)
    this.streams.clear()
    if (this.topics.length === 0) return
    const consumer = createConsumer(this.options.kafka, this.options.groupId)
    this.consumer = consumer
    // After a rebalance reading goes on at the committed offsets, so what was open comes again.
    consumer.on(consumer.events.GROUP_JOIN, () => this.streams.clear())
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart && !this.stopped) this.options.onFatal(payload.error)
    })
    await consumer.connect()
    await consumer.subscribe({ topics: this.topics, fromBeginning: true })
    const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()))
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      partitionsConsumedConcurrently: 1,
      eachBatch: (payload) => this.takeBatch(payload),
    })
    await joined
    this.options.logger.info({ topics: this.topics.length }, 'reading topics')
  }

  private async takeUpNewTopics(): Promise<void> {
    const now = await this.options.topics(this.options.kafka)
    if (this.stopped || now.join() === this.topics.join()) return
    this.options.logger.info({ topics: now.length }, 'the topics are others than before')
    await this.joinAnew()
  }

  /** kafkajs sends no heartbeat until the clock is where it was at the last one, and Kafka drops a silent member. */
  private async lookAtClock(): Promise<void> {
    const backMs = this.clock.setBackBy()
    if (backMs === 0 || this.stopped) return
    this.options.logger.warn({ backMs: Math.round(backMs) }, 'the clock was set back; joining the group anew')
    await this.joinAnew()
  }

  private joinAnew(): Promise<void> {
    const join = async (): Promise<void> => {
      await this.leave()
      if (!this.stopped) await this.subscribe()
    }
    const { onFatal } = this.options
    this.joining ??= join()
      .catch(onFatal)
      .finally(() => {
        this.joining = undefined
      })
    return this.joining
  }

  private stream(topic: string, partition: number, offset: number): PartitionStream {
    const id = `${topic}-${partition}`
    let stream = this.streams.get(id)
    if (!stream?.follows(offset)) {
      const { publisher, metrics, limits, decode } = this.options
      stream = new PartitionStream(topic, partition, limits, {
        decode,
        publish: async (batch) => {
          this.reserve(batch.ndjson.length)
          try {
            await publisher.publish(batch)
          } finally {
            this.reserve(-batch.ndjson.length)
          }
        },
        deadLetter: async (note, payload) => {
          this.options.logger.error({ code: note.code, topic, partition, offset: note.offset }, note.reason)
          this.reserve(payload.length)
          try {
            await publisher.deadLetter(note, payload)
          } finally {
            this.reserve(-payload.length)
          }
        },
        tombstone: () => metrics.tombstones.inc(),
        now: () => new Date(),
        elapsed: () => performance.now(),
      })
      this.streams.set(id, stream)
    }
    return stream
  }

  private reserve(bytes: number): void {
    this.inFlightBytes += bytes
    this.options.metrics.inFlight.inc(bytes)
    if (bytes < 0 && this.inFlightBytes < this.options.maxInFlightBytes) {
      for (const go of this.roomWaiters.splice(0)) go()
    }
  }

  private async takeBatch({ batch, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const { topic, partition } = batch
    const stream = this.stream(topic, partition, Number(batch.firstOffset() ?? 0))
    const newest = stream.take(recordsOf(batch))
    if (newest) this.newestCommit = Date.parse(newest)
    this.options.metrics.lag.set({ topic, partition }, Math.max(0, Number(batch.offsetLag())))
    if (this.openBytes() > this.options.maxInFlightBytes / 2) this.flushAll()
    while (
      this.inFlightBytes >= this.options.maxInFlightBytes &&
      isRunning() &&
      !isStale() &&
      !this.stopped
    ) {
      await Promise.race([
        new Promise<void>((resolve) => this.roomWaiters.push(resolve)),
        new Promise<void>((resolve) => setTimeout(resolve, 1_000)),
      ])
      await heartbeat()
    }
    await heartbeat()
  }

  private openBytes(): number {
    return this.streams.values().reduce((sum, stream) => sum + stream.openBytes, 0)
  }

  private flushAll(): void {
    for (const stream of this.streams.values()) stream.flush()
  }

  private flushDue(): void {
    const now = performance.now()
    const { lingerMs } = this.options
    const behind = Date.now() - this.newestCommit > BEHIND_MS
    for (const stream of this.streams.values()) {
      if (stream.openSince === undefined) continue
      const quiet = now - stream.takenAt >= lingerMs
      const linger = behind && !quiet ? lingerMs * BEHIND_LINGER_FACTOR : lingerMs
      if (now - stream.openSince >= linger) stream.flush()
    }
  }

  private async drain(): Promise<void> {
    if (!this.consumer) return
    const { logger } = this.options
    try {
      this.consumer.pause(this.topics.map((topic) => ({ topic })))
    } catch (error) {
      logger.warn(
        { error: safeError(error) },
        'reading can not be paused: kafkajs is between two starts of it',
      )
    }
    this.flushAll()
    const until = performance.now() + DRAIN_MS
    while (this.inFlightBytes > 0 && performance.now() < until) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    try {
      await this.committer.commitAll()
    } catch (error) {
      logger.warn({ error: safeError(error) }, 'the last commit failed: batches will come again')
    }
  }
}
