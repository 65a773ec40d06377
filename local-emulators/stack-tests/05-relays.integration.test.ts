import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch } from '@pipeline/cdc/relay/batch.ts'
import { createConsumer } from '@pipeline/cdc/relay/consumer.ts'
import type { Publisher } from '@pipeline/cdc/relay/publisher.ts'
import type { KafkaRecord } from '@pipeline/hospital/debezium.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { ChangeLine } from '@pipeline/hospital/fast-decode.ts'
import kafkajs from 'kafkajs'
import { committedBy, testKafka, testRelay } from './test-relay.ts'
import { eventually } from './the-stack.ts'

/** Topics of these tests alone: nobody else writes to them, so where they end is known. */
const TOPICS = Array.from({ length: 6 }, (_, n) => `relays-${n}-${randomUUID()}`)
const RECORDS = 3_000
const kafka = testKafka()
const admin = kafka.admin()
const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
const isTombstone = (offset: number): boolean => offset % 100 === 7
const isUnreadable = (offset: number): boolean => offset % 500 === 499

before(async () => {
  await admin.connect()
  await admin.createTopics({ topics: TOPICS.map((topic) => ({ topic, numPartitions: 1 })) })
  await producer.connect()
  const messages = Array.from({ length: RECORDS }, (_, offset) => ({
    key: String(offset),
    value: isTombstone(offset) ? null : `${offset} ${'x'.repeat(200)}`,
  }))
  await producer.sendBatch({ topicMessages: TOPICS.map((topic) => ({ topic, messages })) })
})

after(async () => {
  await producer.disconnect()
  await admin.deleteTopics({ topics: TOPICS })
  await admin.disconnect()
})

function decode({ topic, partition, offset, value }: KafkaRecord): ChangeLine | null {
  if (value === null) return null
  if (isUnreadable(offset))
    throw new PipelineError('RECORD_UNREADABLE', { topic, partition, offset, why: 'x' })
  const line = `${JSON.stringify({ offset, value: value.toString() })}\n`
  return { line, table: topic, topic, partition, offset, committedAt: '2026-11-01T00:00:00.000000Z' }
}

/** A relay of a group, and what it has sent of each topic; `gate` holds what it sends. */
function member(groupId: string, gate: Promise<void>) {
  const seen = new Map(TOPICS.map((topic) => [topic, new Set<number>()]))
  let open = 0
  const publisher: Publisher = {
    publish: async ({ topic, ndjson }: Batch) => {
      open += 1
      await gate
      await sleep(20)
      for (const line of ndjson.toString().trimEnd().split('\n'))
        seen.get(topic)!.add((JSON.parse(line) as { offset: number }).offset)
    },
    deadLetter: async ({ topic, offset }) => {
      await gate
      seen.get(topic!)!.add(offset!)
    },
  }
  const relay = testRelay({
    groupId,
    topics: async () => TOPICS,
    decode,
    limits: { maxChanges: 200, maxBytes: 50_000 },
    maxInFlightBytes: 200_000,
    publisher,
  })
  return { relay, seen, waiting: () => open }
}

const committed = (groupId: string) => committedBy(admin, groupId, TOPICS)
const ends = Object.fromEntries(TOPICS.map((topic) => [topic, RECORDS]))
const expected = Array.from({ length: RECORDS }, (_, offset) => offset).filter(
  (offset) => !isTombstone(offset),
)

test('invariants 1 and 2: a relay that joins midway, and one that leaves, change nothing of what arrives', async () => {
  const groupId = `test-${randomUUID()}`
  let openGate = (): void => {}
  const gate = new Promise<void>((resolve) => {
    openGate = resolve
  })
  const [first, second, third] = [member(groupId, gate), member(groupId, gate), member(groupId, gate)]
  await first.relay.start()
  await eventually(async () => assert.ok(first.waiting() > 0, 'nothing is under way'))
  await second.relay.start()
  await eventually(async () => assert.ok(second.waiting() > 0, 'the second was given nothing'))
  assert.deepEqual(new Set(Object.values(await committed(groupId))), new Set([-1]))
  await third.relay.start()
  openGate()
  await eventually(async () =>
    assert.ok(Object.values(await committed(groupId)).some((offset) => offset > 0)),
  )
  await second.relay.stop()
  await eventually(async () => assert.deepEqual(await committed(groupId), ends))
  await Promise.all([first.relay.stop(), third.relay.stop()])
  for (const topic of TOPICS) {
    const arrived = new Set([first, second, third].flatMap(({ seen }) => [...seen.get(topic)!]))
    assert.deepEqual(
      [...arrived].sort((a, b) => a - b),
      expected,
    )
  }
  assert.ok([first, second, third].every(({ seen }) => seen.values().some((offsets) => offsets.size > 0)))
})

test('invariant 1: a position that a late commit of another member put back is committed again', async () => {
  const groupId = `test-${randomUUID()}`
  const { relay } = member(groupId, Promise.resolve())
  await relay.start()
  const other = createConsumer(testKafka(), groupId)
  await other.connect()
  try {
    await other.subscribe({ topics: TOPICS, fromBeginning: true })
    const mine = new Promise<string[]>((resolve) =>
      other.on(other.events.GROUP_JOIN, ({ payload }) => resolve(Object.keys(payload.memberAssignment))),
    )
    await other.run({ autoCommit: false, eachBatch: async () => {} })
    const assigned = await mine
    const topic = TOPICS.find((each) => !assigned.includes(each))!
    const isCommitted = async () => assert.equal((await committed(groupId))[topic], RECORDS + 1)
    await producer.send({ topic, messages: [{ key: 'one more', value: 'x' }] })
    await eventually(isCommitted)
    await other.commitOffsets([{ topic, partition: 0, offset: '1' }])
    await eventually(isCommitted, 20)
  } finally {
    await other.disconnect()
    await relay.stop()
  }
})
