import { safeError } from '@pipeline/hospital/errors.ts'
import kafkajs, { type Kafka, type Producer } from 'kafkajs'
import type { Logger } from 'pino'
import { REREADS_TOPIC } from '../topics.ts'
import type { Publisher } from './publisher.ts'
import { untilTaken } from './until-taken.ts'

/** Resolves once Kafka has taken the request to read a row again; tries for ever, until the signal says stop. */
export type AskForRow = (topic: string, key: Buffer) => Promise<void>

/** Asks through the topic that the guard reads. */
export function askThroughKafka(kafka: Kafka, logger: Logger, signal: AbortSignal): AskForRow {
  let producer: Producer | undefined
  const connected = async (): Promise<Producer> => {
    if (producer) return producer
    const fresh = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
    await fresh.connect()
    producer = fresh
    return fresh
  }
  return (topic, key) =>
    untilTaken(
      async () =>
        (await connected()).send({ topic: REREADS_TOPIC, acks: -1, messages: [{ key: topic, value: key }] }),
      signal,
      (error, retryInMs) =>
        logger.warn(
          { error: safeError(error), retryInMs },
          'the request to read a row again was not taken, trying again',
        ),
    )
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
