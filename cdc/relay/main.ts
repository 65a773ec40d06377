import { PubSub } from '@google-cloud/pubsub'
import { Storage } from '@google-cloud/storage'
import { safeError } from '@pipeline/hospital/errors.ts'
import { decodeEventLine } from '@pipeline/hospital/events/line.ts'
import { pino } from 'pino'
import { kafkaOf } from '../environment.ts'
import { presentEventTopics } from '../topics.ts'
import { createMetrics, serveMetrics } from './metrics.ts'
import { createPublisher } from './publisher.ts'
import { Relay } from './relay.ts'
import { askThroughKafka, withRereads } from './rereads.ts'
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

const kafka = kafkaOf(settings, 'hospital-relay', logger)
const shared = {
  kafka,
  limits: { maxChanges: settings.RELAY_MAX_BATCH_CHANGES, maxBytes: settings.RELAY_MAX_BATCH_BYTES },
  lingerMs: settings.RELAY_LINGER_MS,
  metrics,
  logger,
  onFatal: (error: Error) => end(error, 'reading from Kafka ended'),
}
const pubsub = new PubSub({ projectId })
const publisherOf = (carries: 'changes' | 'events', topic: string) =>
  createPublisher({
    pubsub,
    bucket: storage.bucket(settings.LAKE_BUCKET),
    carries,
    topic,
    deadLetterTopic: settings.DEAD_LETTER_TOPIC,
    metrics,
    logger,
    signal: stopping.signal,
  })
// Two groups: a rebalance, a back-log or a stop of the one is nothing to the other.
const relays = [
  new Relay({
    ...shared,
    groupId: settings.RELAY_GROUP,
    maxInFlightBytes: settings.RELAY_MAX_IN_FLIGHT_BYTES,
    publisher: withRereads(
      publisherOf('changes', settings.CHANGES_TOPIC),
      askThroughKafka(kafka, logger, stopping.signal),
    ),
  }),
  new Relay({
    ...shared,
    groupId: settings.EVENTS_GROUP,
    topics: presentEventTopics,
    decode: decodeEventLine,
    maxInFlightBytes: Math.ceil(settings.RELAY_MAX_IN_FLIGHT_BYTES / 3),
    publisher: publisherOf('events', settings.EVENTS_TOPIC),
  }),
]

function end(error: unknown, why: string): never {
  logger.fatal({ error: safeError(error) }, why)
  process.exit(1)
}

process.once('SIGTERM', async () => {
  logger.info('stopping')
  await Promise.all(relays.map((relay) => relay.stop()))
  stopping.abort(new Error('the relay stops'))
  logger.info('stopped')
  process.exit(0)
})
process.on('unhandledRejection', (error) => end(error, 'unexpected error'))

let reading = false
await serveMetrics(metrics, settings.METRICS_HOST, settings.METRICS_PORT, () => reading)
await Promise.all(relays.map((relay) => relay.start()))
reading = true
