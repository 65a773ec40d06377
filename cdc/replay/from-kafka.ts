import { randomUUID } from 'node:crypto'
import type { DeadLetterNote } from '@pipeline/hospital/dead-letter.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { tableOfTopic } from '@pipeline/hospital/events/topics.ts'
import type { Kafka } from 'kafkajs'
import type { Batch } from '../relay/batch.ts'
import { PartitionStream } from '../relay/partition-stream.ts'
import { recordsOf } from '../relay/records.ts'
import { type Carries, decodeRecord } from './letters.ts'
import { type ReplayReport, Tally } from './report.ts'
import type { Target } from './target.ts'

type Range = Extract<Target, { kind: 'kafka' }>

export interface KafkaReplayDeps {
  kafka: Kafka
  publishBatch(carries: Carries, batch: Batch): Promise<void>
  deadLetter(note: DeadLetterNote, payload: Buffer): Promise<void>
  dryRun: boolean
}

const LIMITS = { maxChanges: 5_000, maxBytes: 4_000_000 }
const SILENCE_MS = 30_000

/** The part of a range that Kafka has. Throws REQUEST_INVALID for a topic, partition or offset that it has not. */
async function held({ kafka }: KafkaReplayDeps, { topic, partition, first, last }: Range): Promise<void> {
  const admin = kafka.admin()
  try {
    await admin.connect()
    if (!(await admin.listTopics()).includes(topic))
      throw new PipelineError('REQUEST_INVALID', { topic, reason: 'Kafka has no such topic' })
    const found = (await admin.fetchTopicOffsets(topic)).find((each) => each.partition === partition)
    if (!found)
      throw new PipelineError('REQUEST_INVALID', {
        topic,
        partition,
        reason: 'the topic has no such partition',
      })
    const [low, end] = [Number(found.low), Number(found.high)]
    if (first < low || last >= end)
      throw new PipelineError('REQUEST_INVALID', {
        topic,
        partition,
        reason: 'Kafka has other offsets',
        from: low,
        to: end - 1,
      })
  } catch (error) {
    throw error instanceof PipelineError ? error : new PipelineError('KAFKA_UNAVAILABLE', {}, error)
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

/** Reads records of a partition and sends them as the relay does: batches, and dead letters of what can't be read. */
export async function replayKafka(deps: KafkaReplayDeps, range: Range): Promise<ReplayReport> {
  await held(deps, range)
  const { topic, partition, first, last } = range
  const tally = new Tally()
  const carries: Carries = tableOfTopic(topic) ? 'events' : 'changes'
  const work: Promise<void>[] = []
  const of = { source: 'kafka', code: '-', origin: `${topic}:${partition}` }
  const stream = new PartitionStream(topic, partition, LIMITS, {
    decode(record) {
      const decoded = decodeRecord(record)
      if (decoded) tally.add(of, 'sent')
      return decoded?.line ?? null
    },
    publish(batch) {
      tally.messages++
      const sent = deps.dryRun ? Promise.resolve() : deps.publishBatch(carries, batch)
      work.push(sent)
      return sent
    },
    deadLetter(note, payload) {
      tally.add({ ...of, code: note.code }, 'stays', `${note.code}: ${note.reason}`)
      const sent = deps.dryRun ? Promise.resolve() : deps.deadLetter(note, payload)
      work.push(sent)
      return sent
    },
    tombstone: () => {},
    now: () => new Date(),
    elapsed: () => performance.now(),
  })
  await readRange(deps.kafka, range, async (records) => {
    stream.take(records)
    // What is under way stays small: the next records are read when Pub/Sub has taken these.
    await Promise.all(work.splice(0))
  })
  stream.flush()
  await Promise.all(work)
  if (tally.report().lines.length === 0)
    throw new PipelineError('REQUEST_INVALID', { topic, partition, first, last, reason: 'no record there' })
  return tally.report()
}

type Take = (
  records: Iterable<ReturnType<typeof recordsOf> extends Generator<infer R> ? R : never>,
) => Promise<void>

/** A consumer of a group of its own, which commits nothing. */
async function readRange(kafka: Kafka, { topic, partition, first, last }: Range, take: Take): Promise<void> {
  const groupId = `hospital-replay-${randomUUID()}`
  const consumer = kafka.consumer({ groupId, maxBytesPerPartition: 1_048_576 })
  let timer: NodeJS.Timeout | undefined
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const wait = () => {
        clearTimeout(timer)
        timer = setTimeout(() => reject(new Error('no records')), SILENCE_MS)
      }
      wait()
      let done = false
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      consumer
        .run({
          autoCommit: false,
          eachBatchAutoResolve: true,
          eachBatch: async ({ batch, heartbeat }) => {
            if (done || batch.partition !== partition) return
            wait()
            const wanted = [...recordsOf(batch)].filter(({ offset }) => offset >= first && offset <= last)
            try {
              await take(wanted)
            } catch (error) {
              done = true
              reject(error)
              return
            }
            if (Number(batch.lastOffset()) >= last) {
              done = true
              resolve()
            }
            await heartbeat()
          },
        })
        .catch(reject)
      consumer.seek({ topic, partition, offset: String(first) })
    })
  } catch (error) {
    throw error instanceof PipelineError ? error : new PipelineError('KAFKA_UNAVAILABLE', { topic }, error)
  } finally {
    clearTimeout(timer)
    await consumer.disconnect().catch(() => undefined)
    const admin = kafka.admin()
    await admin
      .connect()
      .then(() => admin.deleteGroups([groupId]))
      .catch(() => undefined)
    await admin.disconnect().catch(() => undefined)
  }
}
