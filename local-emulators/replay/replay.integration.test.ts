import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { encodeBatch } from '@pipeline/cdc/relay/message.ts'
import { type Message, type ReplayDeps, replayDeadLetters } from '@pipeline/cdc/replay/dead-letters.ts'
import { replayLake } from '@pipeline/cdc/replay/from-lake.ts'
import { type ReplayStore, replayStore } from '@pipeline/cdc/replay/store.ts'
import { lakeSink } from '@pipeline/functions/lake-sink/sink.ts'
import { batchOf, visitChanges } from '@pipeline/functions/testing/batches.ts'
import { newCompacting } from '@pipeline/functions/testing/compacting.ts'
import { type FakeGcs, startFakeGcs } from '@pipeline/functions/testing/fake-gcs.ts'
import { counts, type Loading, newLoading, totals, upTo } from '@pipeline/functions/testing/loading.ts'
import { logBook } from '@pipeline/functions/testing/serving.ts'
import { deadLetterObject } from '@pipeline/hospital/dead-letter.ts'
import { compactedLines, messageWrong, objectWrong } from './recheck.ts'

const TOPIC = 'postgres-source.public.visits'
let gcs: FakeGcs
let it: Loading
let sent: Message[]
let deps: ReplayDeps
before(async () => {
  gcs = await startFakeGcs()
})
after(() => gcs.stop())
beforeEach(async (t) => {
  it = await newLoading(await gcs.newBucket())
  const made = it
  if ('after' in t) t.after(() => made.remove())
  sent = []
  const { lake } = it.deps
  const sink = lakeSink({ lake, log: logBook() })
  const deliver = async (message: Message) => {
    sent.push(message)
    await sink({ ...message, messageId: '1' })
  }
  deps = {
    store: replayStore(it.bucket),
    publishBatch: async (_carries, batch) => deliver(await encodeBatch(batch)),
    publish: (_topic, message) => deliver(message),
    topicOf: (source) =>
      source === 'lake-sink' || source === 'clickhouse-sink' ? 'hospital-changes' : undefined,
    stillWrong: (topic, message) => messageWrong(lake, topic, message),
    reload: async (object) => {
      const wrong = await objectWrong(lake, object)
      if (!wrong) await it.deps.warehouse.retry('visits', [object])
      return wrong
    },
    dryRun: false,
  }
})

async function put(
  note: object,
  payload: Buffer | null,
  attributes: Record<string, string> = {},
): Promise<string> {
  const common = { code: 'RECORD_BAD_VALUE', reason: 'r', source: 'relay', at: '2024-03-05T10:20:30.000Z' }
  const { name, body } = deadLetterObject({ ...common, ...note, attributes, payload })
  await it.bucket.file(name).save(body, { resumable: false })
  return name
}

/** A record as Debezium writes it, in the letter of the relay. */
function record(offset: number, { visit_id = offset as unknown } = {}): Buffer {
  const source = {
    version: '3.6.1.Final',
    connector: 'postgresql',
    name: 'postgres-source',
    ts_ms: 1709634030123,
    snapshot: 'false',
    db: 'd',
    sequence: `["${offset}","${offset}"]`,
    ts_us: 1,
    ts_ns: 1,
    schema: 'public',
    table: 'visits',
    txId: 5,
    lsn: offset,
    xmin: null,
  }
  const value = {
    before: null,
    after: { visit_id },
    source,
    transaction: null,
    op: 'c',
    ts_ms: 1709634031456,
    ts_us: 1,
    ts_ns: 1,
  }
  const base64 = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64')
  return Buffer.from(JSON.stringify({ key: base64({ visit_id: offset }), value: base64(value) }))
}

const relayLetter = (offset: number, payload = record(offset)) =>
  put({ topic: TOPIC, partition: 0, offset }, payload)
const open = async () => (await it.bucket.getFiles({ prefix: 'dead-letters/' }))[0].map(({ name }) => name)
const replayed = async () => (await it.bucket.getFiles({ prefix: 'dead-letters-replayed/' }))[0].length

test('invariant 2: records of the relay travel in batches, once, however often and wherever a replay dies', async () => {
  const offsets = [...upTo(8, 14), ...upTo(16, 20)]
  for (const offset of offsets) await relayLetter(offset)
  const bad = await relayLetter(
    15,
    Buffer.from(JSON.stringify({ key: null, value: Buffer.from('Erika').toString('base64') })),
  )
  const dry = await replayDeadLetters({ ...deps, dryRun: true }, {})
  assert.deepEqual([dry.sent, dry.stays, dry.messages, sent.length, await replayed()], [12, 1, 2, 0, 0])
  assert.doesNotMatch(JSON.stringify(dry), /Erika|RXJpa2/)

  let moves = 0
  const dying: ReplayStore = {
    ...deps.store,
    async move(...args) {
      if (++moves === 3) throw new Error('crash')
      await deps.store.move(...args)
    },
  }
  await assert.rejects(replayDeadLetters({ ...deps, store: dying }, {}))
  const again = await replayDeadLetters(deps, {})
  assert.equal(again.stays, 1)
  assert.deepEqual(await open(), [bad])
  assert.equal(await replayed(), 12)
  const third = await replayDeadLetters(deps, {})
  assert.deepEqual([third.sent, third.messages], [0, 0])
  await it.load()
  assert.deepEqual(await it.offsets(), offsets)
  assert.ok(sent.length <= 5, String(sent.length))

  for (const offset of offsets) await relayLetter(offset)
  assert.equal((await replayDeadLetters(deps, {})).sent, 12)
  await it.load()
  assert.deepEqual(await it.offsets(), offsets)
})

test('filters take one code or one source; what is no letter stays where it is', async () => {
  await relayLetter(1)
  await put({ topic: TOPIC, partition: 0, offset: 2, code: 'RECORD_UNREADABLE' }, record(2))
  await it.bucket.file('dead-letters/relay/date=20240305/strange.json').save('{}', { resumable: false })
  assert.equal((await replayDeadLetters(deps, { source: 'lake-sink' })).sent, 0)
  const one = await replayDeadLetters(deps, { code: 'RECORD_UNREADABLE' })
  assert.deepEqual([one.sent, one.stays, one.lines[0]!.code], [1, 0, 'RECORD_UNREADABLE'])
  const rest = await replayDeadLetters(deps, { source: 'relay' })
  assert.deepEqual([rest.sent, rest.stays], [1, 1])
})

test('a message goes to its topic as it was, once for all that refused it; a hopeless one stays', async () => {
  const { data, attributes } = batchOf(visitChanges(0, 9))
  for (const source of ['lake-sink', 'clickhouse-sink']) {
    await put({ source, code: 'DELIVERY_EXHAUSTED', messageId: '7' }, data, attributes)
    await put({ source, code: 'MESSAGE_CORRUPT', messageId: '8' }, data.subarray(0, 50), attributes)
  }
  await put({ source: 'unknown', messageId: '9' }, data, attributes)
  const report = await replayDeadLetters(deps, {})
  assert.deepEqual([report.sent, report.messages, report.stays], [2, 1, 3])
  assert.deepEqual(sent, [{ data, attributes }])
  assert.equal((await open()).length, 3)
  assert.deepEqual(totals(await it.load()), counts(1, 10))
})

test('an object that a load gave up is loaded once it can be read, and its letter moves', async () => {
  const { name, data } = batchOf(visitChanges(0, 9))
  await it.put({ name, data: data.subarray(0, 100) })
  await it.load()
  const { attributes } = it.deadLetters.messages[0]!
  const generation = attributes.deadLetterGeneration!
  await put({ source: 'load-facts', code: 'LAKE_OBJECT_BROKEN', object: name, generation }, null)
  const first = await replayDeadLetters(deps, {})
  assert.deepEqual([first.sent, first.stays], [0, 1])
  await it.put({ name, data })
  assert.equal((await replayDeadLetters(deps, {})).sent, 1)
  assert.deepEqual(totals(await it.load()), counts(1, 10))
  assert.ok((await it.ledger()).every(({ state }) => state === 'done'))
  assert.deepEqual(await open(), [])
})

test('a lake prefix is sent again to the letter: batches in their bytes, compacted objects in their lines', async () => {
  const batch = batchOf(visitChanges(0, 9))
  await it.put(batch)
  await it.put({ name: batchOf(visitChanges(50, 59)).name, data: Buffer.from('broken') })
  const given = {
    ...deps,
    topic: 'hospital-changes',
    compacted: (...args: [Parameters<typeof compactedLines>[1], Parameters<typeof compactedLines>[2]]) =>
      compactedLines(it.deps.lake, ...args),
  }
  const dry = await replayLake({ ...given, dryRun: true }, 'changes/visits/')
  assert.deepEqual([dry.sent, dry.stays, sent.length], [1, 1, 0])
  await replayLake(given, 'changes/visits/')
  assert.deepEqual(sent, [{ data: batch.data, attributes: batch.attributes }])
  await assert.rejects(replayLake(given, 'changes/patients/'), { code: 'REQUEST_INVALID' })

  await it.put(batchOf(visitChanges(20, 29)))
  await it.load()
  const compacting = await newCompacting(it.bucket)
  await compacting.compact()
  await compacting.remove()
  sent = []
  await replayLake(given, 'changes/visits/')
  assert.deepEqual(
    sent.map(({ attributes }) => attributes),
    [batch.attributes, batchOf(visitChanges(20, 29)).attributes],
  )
  await it.load()
  assert.deepEqual(await it.offsets(), [...upTo(0, 9), ...upTo(20, 29)])
  const again = await newCompacting(it.bucket)
  const absorbed = await again.compact()
  await again.remove()
  assert.deepEqual([absorbed.replaced, absorbed.written], [2, 0], 'the lines are the same to the letter')
})
