import { changeTopic } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { parseLsn } from '@pipeline/hospital/sequence.ts'
import kafkajs, { type logLevel } from 'kafkajs'
import type { SourceSnapshot } from './postgres.ts'

/** Of each partition of a table's topic: the first offset that Kafka still has and the next that it will give. */
export interface PartitionEnd {
  topic: string
  partition: number
  low: number
  end: number
}

export interface KafkaPositions {
  ends(table: string): Promise<PartitionEnd[]>
  close(): Promise<void>
}

export interface KafkaAddress {
  brokers: readonly string[]
  tls: boolean
  sasl?: { username: string; password: string } | undefined
}

/** Where the change topics end. Throws KAFKA_UNAVAILABLE. */
export async function openKafka({ brokers, tls, sasl }: KafkaAddress): Promise<KafkaPositions> {
  const kafka = new kafkajs.Kafka({
    clientId: 'reconcile',
    brokers: [...brokers],
    ssl: tls,
    ...(sasl && { sasl: { mechanism: 'scram-sha-256', ...sasl } }),
    logLevel: kafkajs.logLevel.NOTHING as logLevel,
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 },
  })
  const admin = kafka.admin()
  const unavailable = (cause: unknown): PipelineError => new PipelineError('KAFKA_UNAVAILABLE', {}, cause)
  await admin.connect().catch((error: unknown) => {
    throw unavailable(error)
  })
  return {
    async ends(table) {
      const topic = changeTopic(table)
      try {
        const offsets = await admin.fetchTopicOffsets(topic)
        return offsets.map(({ partition, low, high }) => ({
          topic,
          partition,
          low: Number(low),
          end: Number(high),
        }))
      } catch (error) {
        throw unavailable(error)
      }
    },
    close: () => admin.disconnect(),
  }
}

/**
 * Waits until Debezium has confirmed an LSN: then every change below it is in Kafka. Returns the bytes that were
 * still open when the time was over, 0 if none, null if the slot is gone.
 */
export async function waitForCapture(
  source: Pick<SourceSnapshot, 'confirmedLsn' | 'lsn'>,
  slot: string,
  deadline: number,
): Promise<number | null> {
  const wanted = parseLsn(source.lsn)
  for (;;) {
    const confirmed = await source.confirmedLsn(slot)
    if (confirmed === undefined) return null
    const open = wanted - parseLsn(confirmed)
    if (open <= 0n) return 0
    if (Date.now() >= deadline) return Number(open)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
