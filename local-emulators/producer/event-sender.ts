import { setTimeout as sleep } from 'node:timers/promises'
import { createKafka } from '@pipeline/cdc/relay/kafka.ts'
import { PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import kafkajs, { type Kafka, type Producer } from 'kafkajs'
import { pino } from 'pino'
import type { OutgoingEvent } from './events.ts'

const PAUSE_MS = 500

export interface SenderOptions {
  brokers: readonly string[]
  patienceSeconds: number
  signal?: AbortSignal | undefined
  onWaiting?: () => void
}

/** Sends events to Kafka in batches; resolves once all replicas have them. */
export class EventSender {
  readonly #options: SenderOptions
  readonly #kafka: Kafka
  #producer: Producer | undefined

  constructor(options: SenderOptions) {
    this.#options = options
    this.#kafka = createKafka(
      { brokers: [...options.brokers] },
      'hospital-producer',
      pino({ level: 'silent' }),
    )
  }

  /** Sends until Kafka has taken them. Throws KAFKA_UNAVAILABLE when patience ends; some may then have arrived. */
  async send(events: readonly OutgoingEvent[]): Promise<void> {
    if (events.length === 0) return
    const topics = Map.groupBy(events, ({ topic }) => topic)
    const topicMessages = [...topics].map(([topic, each]) => ({
      topic,
      messages: each.map(({ rowKey, value }) => ({ key: rowKey, value })),
    }))
    const until = Date.now() + this.#options.patienceSeconds * 1000
    for (;;) {
      try {
        const producer = await this.#connected()
        await producer.sendBatch({ acks: -1, compression: kafkajs.CompressionTypes.ZSTD, topicMessages })
        return
      } catch (error) {
        // An event that arrives a second time has the same id and time, and changes nothing.
        await this.close()
        if (Date.now() > until || this.#options.signal?.aborted) {
          throw new PipelineError('KAFKA_UNAVAILABLE', { step: 'send events', error: safeError(error).code })
        }
        this.#options.onWaiting?.()
        await sleep(PAUSE_MS)
      }
    }
  }

  async close(): Promise<void> {
    const producer = this.#producer
    this.#producer = undefined
    await producer?.disconnect().catch(() => {})
  }

  async #connected(): Promise<Producer> {
    if (this.#producer) return this.#producer
    const producer = this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 5 },
    })
    await producer.connect()
    this.#producer = producer
    return producer
  }
}
