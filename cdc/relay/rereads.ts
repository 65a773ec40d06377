import { setTimeout as sleep } from 'node:timers/promises'
import { safeError } from '@pipeline/hospital/errors.ts'
import kafkajs, { type Kafka, type Producer } from 'kafkajs'
import type { Logger } from 'pino'
import { REREADS_TOPIC } from '../topics.ts'
import type { Publisher } from './publisher.ts'

const RETRY_MS = 2_000

/** Resolves once Kafka has taken the request to read a row again; tries for ever, until the signal says stop. */
export type AskForRow = (topic: string, key: Buffer) => Promise<void>

/** Asks through the topic that the guard reads. */
export function askThroughKafka(kafka: Kafka, logger: Logger, signal: AbortSignal): AskForRow {
  let producer: Producer | undefined
  return async (topic, key) => {
    for (;;) {
      try {
        if (!producer) {
          const fresh = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
          await fresh.connect()
          producer = fresh
        }
        await producer.send({ topic: REREADS_TOPIC, acks: -1, messages: [{ key: topic, value: key }] })
        return
      } catch (error) {
        signal.throwIfAborted()
        logger.warn(
          { error: safeError(error) },
          'the request to read a row again was not taken, trying again',
        )
        await sleep(RETRY_MS, undefined, { signal })
      }
    }
  }
}

/** Has the row read again of an update that came without a large column, beside its dead letter. */
export function withRereads(publisher: Publisher, ask: AskForRow): Publisher {
  return {
    publish: (batch) => publisher.publish(batch),
    async deadLetter(note, payload) {
      if (note.code === 'RECORD_TOAST_PLACEHOLDER' && note.topic) {
        const { key } = JSON.parse(payload.toString()) as { key: string | null }
        if (key !== null) await ask(note.topic, Buffer.from(key, 'base64'))
      }
      await publisher.deadLetter(note, payload)
    },
  }
}
