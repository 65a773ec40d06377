import { setTimeout as sleep } from 'node:timers/promises'
import type { PubSub } from '@google-cloud/pubsub'
import type { Bucket } from '@google-cloud/storage'
import {
  type DeadLetterNote,
  deadLetterAttributes,
  deadLetterObject,
} from '@pipeline/hospital/dead-letter.ts'
import { safeError } from '@pipeline/hospital/errors.ts'
import type { Logger } from 'pino'
import type { Batch } from './batch.ts'
import { encodeBatch, MAX_MESSAGE_BYTES, objectOf, referenceTo } from './message.ts'
import type { Metrics } from './metrics.ts'

const FIRST_RETRY_MS = 200
const LONGEST_RETRY_MS = 10_000

export interface Publisher {
  /** Resolves once Pub/Sub has taken the batch; tries for ever, until the signal says stop. */
  publish(batch: Batch): Promise<void>
  /** Resolves once the dead letter is safe. */
  deadLetter(note: DeadLetterNote, payload: Buffer): Promise<void>
}

export interface PublisherParts {
  pubsub: PubSub
  bucket: Bucket
  /** What the batches are of, and the topic that takes them. */
  carries: 'changes' | 'events'
  topic: string
  deadLetterTopic: string
  metrics: Metrics
  logger: Logger
  signal: AbortSignal
}

/** Publishes to Pub/Sub; what is too large for a message goes to the lake first and travels as a reference. */
export function createPublisher(parts: PublisherParts): Publisher {
  const { pubsub, bucket, metrics, logger, signal } = parts
  const immediately = { batching: { maxMessages: 1 } }
  const batches = pubsub.topic(parts.topic, immediately)
  const deadLetters = pubsub.topic(parts.deadLetterTopic, immediately)

  async function untilTaken(what: string, attempt: () => Promise<unknown>): Promise<void> {
    for (let delay = FIRST_RETRY_MS; ; delay = Math.min(delay * 2, LONGEST_RETRY_MS)) {
      try {
        await attempt()
        return
      } catch (error) {
        signal.throwIfAborted()
        metrics.retries.inc()
        logger.warn({ what, error: safeError(error), retryInMs: delay }, 'not taken, trying again')
        await sleep(delay, undefined, { signal })
      }
    }
  }

  async function store(name: string, data: Buffer | string, contentType: string): Promise<void> {
    try {
      await bucket.file(name).save(data, {
        resumable: false,
        contentType,
        preconditionOpts: { ifGenerationMatch: 0 },
      })
    } catch (error) {
      if ((error as { code?: number }).code !== 412) throw error
    }
  }

  return {
    async publish(batch) {
      let message = await encodeBatch(batch)
      if (message.data.length > MAX_MESSAGE_BYTES) {
        const { data } = message
        await untilTaken('large batch', () => store(objectOf(batch), data, 'application/gzip'))
        message = referenceTo(batch)
      }
      await untilTaken('batch', () => batches.publishMessage(message))
      metrics.messages.inc()
      metrics.bytes.inc(message.data.length)
      metrics[parts.carries].inc({ table: batch.table }, batch.count)
      if (parts.carries === 'changes')
        metrics.delay.observe((Date.now() - Date.parse(batch.committedAt)) / 1_000)
    },

    async deadLetter(note, payload) {
      if (payload.length > MAX_MESSAGE_BYTES) {
        const { name, body } = deadLetterObject({ ...note, attributes: {}, payload })
        await untilTaken('large dead letter', () => store(name, body, 'application/json'))
      } else {
        const attributes = deadLetterAttributes(note)
        await untilTaken('dead letter', () => deadLetters.publishMessage({ data: payload, attributes }))
      }
      metrics.deadLetters.inc({ code: note.code })
    },
  }
}
