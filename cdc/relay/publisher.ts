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
import { untilTaken } from './until-taken.ts'

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

  const taken = (what: string, attempt: () => Promise<unknown>): Promise<void> =>
    untilTaken(attempt, signal, (error, retryInMs) => {
      metrics.retries.inc()
      logger.warn({ what, error: safeError(error), retryInMs }, 'not taken, trying again')
    })

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
        await taken('large batch', () => store(objectOf(batch), data, 'application/gzip'))
        message = referenceTo(batch)
      }
      await taken('batch', () => batches.publishMessage(message))
      metrics.messages.inc()
      metrics.bytes.inc(message.data.length)
      metrics[parts.carries].inc({ table: batch.table }, batch.count)
      if (parts.carries === 'changes') {
        const committedAt = Date.parse(batch.committedAt) / 1_000
        metrics.delay.observe(Date.now() / 1_000 - committedAt)
        metrics.newestCommit.set({ table: batch.table }, committedAt)
      }
    },

    async deadLetter(note, payload) {
      if (payload.length > MAX_MESSAGE_BYTES) {
        const { name, body } = deadLetterObject({ ...note, attributes: {}, payload })
        await taken('large dead letter', () => store(name, body, 'application/json'))
      } else {
        const attributes = deadLetterAttributes(note)
        await taken('dead letter', () => deadLetters.publishMessage({ data: payload, attributes }))
      }
      metrics.deadLetters.inc({ code: note.code })
    },
  }
}
