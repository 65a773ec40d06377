import { promisify } from 'node:util'
import { zstdCompress, zstdDecompressSync } from 'node:zlib'
import kafkajs, { type Kafka, type LogEntry, type logLevel } from 'kafkajs'
import type { Logger } from 'pino'
import { lookOnlyWhileSomethingWaits } from './kafka-idle.ts'

lookOnlyWhileSomethingWaits()
const compress = promisify(zstdCompress)
/** Of a record batch of the usual size one piece, made at once: many small ones cost more than the decompression. */
const PIECE = { chunkSize: 262_144 }
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: (encoder: { buffer: Buffer }) => compress(encoder.buffer),
  decompress: async (buffer: Buffer) => zstdDecompressSync(buffer, PIECE),
})

export interface KafkaSettings {
  brokers: string[]
  tls?: boolean
  sasl?: { username: string; password: string } | undefined
}

/** A kafkajs client that reads and writes zstd and logs through `logger`. */
export function createKafka(settings: KafkaSettings, clientId: string, logger: Logger): Kafka {
  return new kafkajs.Kafka({
    clientId,
    brokers: settings.brokers,
    ssl: settings.tls ?? false,
    ...(settings.sasl && { sasl: { mechanism: 'scram-sha-256', ...settings.sasl } }),
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8 },
    logLevel: kafkajs.logLevel.WARN as logLevel,
    logCreator:
      () =>
      ({ namespace, label, log }: LogEntry) =>
        logger[label === 'ERROR' ? 'error' : 'warn']({ kafka: namespace }, log.message),
  })
}
