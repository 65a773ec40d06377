import { PubSub } from '@google-cloud/pubsub'
import { Storage } from '@google-cloud/storage'
import { safeError } from '@pipeline/hospital/errors.ts'
import { pino } from 'pino'
import { createKafka } from './kafka.ts'
import { createMetrics, serveMetrics } from './metrics.ts'
import { createPublisher } from './publisher.ts'
import { Relay } from './relay.ts'
import { readRelaySettings } from './settings.ts'

const settings = readRelaySettings(process.env)
const logger = pino({ name: 'relay', level: settings.LOG_LEVEL })
const metrics = createMetrics()
const projectId = settings.GOOGLE_CLOUD_PROJECT
const stopping = new AbortController()
// The client looks for the variable itself and then leaves /storage/v1 out of its paths, which emulators serve.
const apiEndpoint = process.env.STORAGE_EMULATOR_HOST
delete process.env.STORAGE_EMULATOR_HOST
const storage = new Storage({ projectId, ...(apiEndpoint && { apiEndpoint }) })

const { KAFKA_SASL_USER: username, KAFKA_SASL_PASSWORD: password } = settings
const kafka = createKafka(
  {
    brokers: settings.KAFKA_BROKERS,
    tls: settings.KAFKA_TLS,
    sasl: username && password ? { username, password } : undefined,
  },
  'hospital-relay',
  logger,
)
const relay = new Relay({
  kafka,
  groupId: settings.RELAY_GROUP,
  limits: { maxChanges: settings.RELAY_MAX_BATCH_CHANGES, maxBytes: settings.RELAY_MAX_BATCH_BYTES },
  lingerMs: settings.RELAY_LINGER_MS,
  maxInFlightBytes: settings.RELAY_MAX_IN_FLIGHT_BYTES,
  publisher: createPublisher({
    pubsub: new PubSub({ projectId }),
    bucket: storage.bucket(settings.LAKE_BUCKET),
    changesTopic: settings.CHANGES_TOPIC,
    deadLetterTopic: settings.DEAD_LETTER_TOPIC,
    metrics,
    logger,
    signal: stopping.signal,
  }),
  metrics,
  logger,
  onFatal: (error) => end(error, 'reading from Kafka ended'),
})

function end(error: unknown, why: string): never {
  logger.fatal({ error: safeError(error) }, why)
  process.exit(1)
}

process.once('SIGTERM', async () => {
  logger.info('stopping')
  await relay.stop()
  stopping.abort(new Error('the relay stops'))
  logger.info('stopped')
  process.exit(0)
})
process.on('unhandledRejection', (error) => end(error, 'unexpected error'))

let reading = false
await serveMetrics(metrics, settings.METRICS_HOST, settings.METRICS_PORT, () => reading)
await relay.start()
reading = true
