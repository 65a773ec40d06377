import type { PubSub } from '@google-cloud/pubsub'
import type { Bucket } from '@google-cloud/storage'
import { createKafka, type KafkaSettings } from '@pipeline/cdc/relay/kafka.ts'
import { createMetrics } from '@pipeline/cdc/relay/metrics.ts'
import { createPublisher } from '@pipeline/cdc/relay/publisher.ts'
import { type LetterFilter, replayDeadLetters } from '@pipeline/cdc/replay/dead-letters.ts'
import { replayKafka } from '@pipeline/cdc/replay/from-kafka.ts'
import { replayLake } from '@pipeline/cdc/replay/from-lake.ts'
import type { ReplayReport } from '@pipeline/cdc/replay/report.ts'
import { replayStore } from '@pipeline/cdc/replay/store.ts'
import type { Target } from '@pipeline/cdc/replay/target.ts'
import { gcsLake } from '@pipeline/functions/lake/gcs.ts'
import { TOPICS } from '@pipeline/functions/manifest-parts.ts'
import { findTable } from '@pipeline/hospital/catalog.ts'
import { PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import { pino } from 'pino'
import { compactedLines, messageWrong, objectWrong, type Wrong } from './recheck.ts'
import { topicOf } from './topic-of.ts'

export type ReplayWhat = { what: 'dead-letters'; filter: LetterFilter } | { what: 'from'; target: Target }

/** Where something is replayed: the local stack, or an environment in the cloud. */
export interface ReplayPlace {
  pubsub: PubSub
  bucket: Bucket
  kafka: KafkaSettings
  /** What a name of the manifest (topic, subscription, function) is there. */
  nameOf(name: string): string
  /** Calls a loader as Cloud Scheduler would; gives how many objects of each table it left out again. */
  load(loader: string, body: { retry: string[] }): Promise<{ tables: Record<string, { broken: number }> }>
}

const silent = pino({ level: 'silent' })

/** Replays in a place; with `dryRun` it only looks, and sends nothing. */
export async function replayIn(
  place: ReplayPlace,
  dryRun: boolean,
  replay: ReplayWhat,
): Promise<ReplayReport> {
  const { pubsub, bucket } = place
  const lake = gcsLake(bucket)
  const metrics = createMetrics()
  const publisher = (carries: 'changes' | 'events') =>
    createPublisher({
      pubsub,
      bucket,
      carries,
      topic: place.nameOf(TOPICS[carries]),
      deadLetterTopic: place.nameOf(TOPICS.deadLetters),
      metrics,
      logger: silent,
      signal: AbortSignal.timeout(3_600_000),
    })
  const publishers = { changes: publisher('changes'), events: publisher('events') }
  const deps = {
    store: replayStore(bucket),
    dryRun,
    topicOf: (source: string) => topicOf(source, place.nameOf),
    publishBatch: (carries: 'changes' | 'events', batch: Parameters<typeof publishers.changes.publish>[0]) =>
      publishers[carries].publish(batch),
    async publish(topic: string, message: { data: Buffer; attributes: Record<string, string> }) {
      const name = place.nameOf(topic)
      try {
        await pubsub.topic(name, { batching: { maxMessages: 1 } }).publishMessage(message)
      } catch (error) {
        throw new PipelineError('PUBSUB_UNAVAILABLE', { topic: name, status: safeError(error).code })
      }
    },
    stillWrong: (topic: string, message: { data: Buffer; attributes: Record<string, string> }) =>
      messageWrong(lake, topic, message),
    reload: async (object: string): Promise<Wrong | undefined> =>
      (await objectWrong(lake, object)) ?? (dryRun ? undefined : await loadAgain(place, object)),
  }
  if (replay.what === 'dead-letters') return replayDeadLetters(deps, replay.filter)
  const { target } = replay
  if (target.kind === 'lake') {
    const compacted: Parameters<typeof replayLake>[0]['compacted'] = (object, take) =>
      compactedLines(lake, object, take)
    return replayLake({ ...deps, topic: TOPICS.changes, compacted }, target.prefix)
  }
  const kafka = createKafka(place.kafka, 'hospital-replay', silent)
  return replayKafka({ ...deps, kafka, deadLetter: publishers.changes.deadLetter }, target)
}

/** Has the loader look at an object again that it gave up. */
async function loadAgain(place: ReplayPlace, object: string): Promise<Wrong | undefined> {
  const table = findTable(object.split('/')[1] ?? '')
  if (table === undefined) return { code: 'RECORD_UNKNOWN_TABLE', reason: 'the catalog has no such table' }
  const loader = table.kind === 'dimension' ? 'load-dimensions' : 'load-facts'
  const report = await place.load(loader, { retry: [object] })
  const broken = report.tables[table.name]?.broken ?? 0
  return broken > 0
    ? { code: 'LAKE_OBJECT_BROKEN', reason: 'a load left objects of the table out again' }
    : undefined
}
