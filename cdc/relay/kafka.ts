import { promisify } from 'node:util'
import { zstdCompress, zstdDecompress } from 'node:zlib'
import kafkajs, { type Kafka, type LogEntry, type logLevel } from 'kafkajs'
import type { Logger } from 'pino'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.ZSTD] = () => ({
  compress: (encoder: { buffer: Buffer }) => compress(encoder.buffer),
  decompress: (buffer: Buffer) => decompress(buffer),
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
