import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { Client } from 'pg'
import type { TestDatabase, TestPostgres } from '../producer/test-postgres.ts'
import { startTestPostgres } from '../producer/test-postgres.ts'
import { bill, joined, messageOf, remove, type Sink, startSink, upsert, visit } from './harness.ts'

let postgres: TestPostgres
let database: TestDatabase & { writerUrl: string }
let sink: Sink
const sinks: Sink[] = []

before(async () => {
  postgres = await startTestPostgres()
})
beforeEach(async () => {
  database = await postgres.createMigrated()
  await database.query(`INSERT INTO doctors (name, specialization) VALUES ('D', 'Cardiology')`)
  await database.query(`INSERT INTO patients (full_name) VALUES ('P')`)
  sink = await startSink(database.writerUrl)
  sinks.push(sink)
})
after(async () => {
  await Promise.all(sinks.map((each) => each.stop()))
  await postgres.stop()
})

const rows = (table: string) => database.query(`SELECT t::text AS row FROM ${table} t ORDER BY 1`)
const texts = async (table: string) => (await rows(table)).map(({ row }) => row)
const letters = () =>
  sink.deadLetters.messages.map(({ attributes }) => [
    attributes.deadLetterCode,
    Number(attributes.deadLetterOffset),
  ])
const ids = Array.from({ length: 1000 }, (_, at) => at + 1)

test('a batch is one statement a table for upserts and two for deletes, however many events it has', async () => {
  assert.equal(await sink.send(ids.map((id) => upsert('visits', visit(id), id))), 204)
  assert.equal(sink.statements.length, 1)
  assert.match(sink.statements[0]!, /INSERT INTO "public"."visits"/)
  sink.statements.length = 0
  assert.equal(await sink.send(ids.map((id) => remove('visits', id, 5000 + id))), 204)
  const writing = sink.statements.filter((text) => /INSERT|DELETE/.test(text))
  assert.equal(writing.length, 2)
  assert.deepEqual(await texts('visits'), [])
  assert.equal(sink.deadLetters.messages.length + sink.again.messages.length, 0)
})

test('a chain of parent and child in one message is written parent first, and deleted child first', async () => {
  const bills = await messageOf([upsert('billing_payments', bill(1, 7), 1)])
  const visits = await messageOf([upsert('visits', visit(7), 2)])
  assert.equal(await sink.push(joined([bills, visits], gunzipSync)), 204)
  assert.deepEqual(await texts('billing_payments'), ['(1,1,7,2026-03-02,99.90,Pending)'])
  assert.deepEqual(await texts('visits'), ['(7,1,1,2026-03-01,"J45 Asthma",120.50)'])
  const gone = [
    await messageOf([remove('visits', 7, 3)]),
    await messageOf([remove('billing_payments', 1, 3)]),
  ]
  assert.equal(await sink.push(joined(gone, gunzipSync)), 204)
  assert.deepEqual([await texts('visits'), await texts('billing_payments')], [[], []])
  assert.equal(sink.again.messages.length, 0)
})

test('invariant 2: the same message again changes nothing, not even what SQL has changed since', async () => {
  const message = await messageOf([upsert('visits', visit(1), 10), remove('visits', 2, 10)])
  assert.equal(await sink.push(message), 204)
  await database.query(`UPDATE visits SET diagnosis = 'by SQL'`)
  const before = await database.query('SELECT xmin::text, * FROM visits')
  assert.equal(await sink.push(message), 204)
  assert.deepEqual(await database.query('SELECT xmin::text, * FROM visits'), before)
  assert.equal(sink.deadLetters.messages.length, 0)
})

test('invariant 3: an older event changes nothing; of two in a batch the newer counts, whatever their order', async () => {
  await sink.send([
    upsert('visits', visit(1, { diagnosis: 'new' }), 20),
    upsert('visits', visit(1, { diagnosis: 'old' }), 10),
  ])
  await sink.send([upsert('visits', visit(1, { diagnosis: 'older' }), 19)])
  assert.deepEqual(await texts('visits'), ['(1,1,1,2026-03-01,new,120.50)'])
  await sink.send([upsert('visits', visit(1, { diagnosis: 'newest' }), 21)])
  assert.deepEqual(await texts('visits'), ['(1,1,1,2026-03-01,newest,120.50)'])
  assert.equal(sink.deadLetters.messages.length, 0)
})

test('invariant 3: an update that comes after its delete does not bring the row back; a later one does', async () => {
  await sink.send([upsert('visits', visit(1), 1)])
  await sink.send([remove('visits', 1, 30)])
  await sink.send([upsert('visits', visit(1, { diagnosis: 'ghost' }), 29)])
  await sink.send([remove('visits', 2, 30)])
  await sink.send([upsert('visits', visit(2), 29)])
  assert.deepEqual(await texts('visits'), [])
  await sink.send([upsert('visits', visit(1, { diagnosis: 'anew' }), 31)])
  assert.deepEqual(await texts('visits'), ['(1,1,1,2026-03-01,anew,120.50)'])
})

test('two events of one key and time that say different things: the first stands, the other is told', async () => {
  await sink.send([upsert('visits', visit(1, { diagnosis: 'first' }), 5)])
  await sink.send([upsert('visits', visit(1, { diagnosis: 'second' }), 5)])
  await sink.send([upsert('visits', visit(2), 5), upsert('visits', visit(2, { diagnosis: 'other' }), 5)])
  assert.deepEqual(
    letters().map(([code]) => code),
    ['EVENT_CONFLICT', 'EVENT_CONFLICT'],
  )
  assert.deepEqual(await texts('visits'), [
    '(1,1,1,2026-03-01,first,120.50)',
    '(2,1,1,2026-03-01,"J45 Asthma",120.50)',
  ])
})

test('poison in the middle goes to dead letters with reason and origin, all others are written', async () => {
  await database.query(`ALTER TABLE visits ADD CONSTRAINT cheap CHECK (total_cost < 1000)`)
  const dear = new Set([137, 500, 501])
  const events = ids.map((id) =>
    upsert('visits', visit(id, dear.has(id) ? { total_cost: '5000.00' } : {}), id),
  )
  events[42] = upsert('visits', visit(43, { visit_date: '2026-02-30' }), 1)
  events[43] = { topic: 'topic_visits', value: '{"eventId":"Erika Mustermann"}' }
  const message = await messageOf(events)
  const first = Number(message.attributes.firstOffset)
  assert.equal(await sink.push(message), 204)
  assert.equal((await rows('visits')).length, 995)
  assert.deepEqual(letters().sort(), [
    ['EVENT_INVALID', first + 42],
    ['EVENT_INVALID', first + 43],
    ['EVENT_REFUSED', first + 136],
    ['EVENT_REFUSED', first + 499],
    ['EVENT_REFUSED', first + 500],
  ])
  assert.ok(sink.statements.length < 80, `${sink.statements.length} statements`)
  const refused = sink.deadLetters.messages.find(
    ({ attributes }) => attributes.deadLetterCode === 'EVENT_REFUSED',
  )!
  assert.match(refused.attributes.deadLetterReason!, /sqlState=23514.*table=visits.*constraint=cheap/)
  assert.equal(refused.attributes.deadLetterTopic, 'topic_visits')
  assert.doesNotMatch(sink.log.text() + JSON.stringify(letters()), /Erika|5000/)
  const all = sink.deadLetters.messages.map(({ attributes }) => JSON.stringify(attributes)).join()
  assert.doesNotMatch(all, /Erika|5000/)

  await database.query('ALTER TABLE visits DROP CONSTRAINT cheap')
  assert.equal(await sink.push(refused), 204, 'a dead letter is a message that can be sent again')
  assert.equal((await rows('visits')).length, 996)
})

test('a bad newest event does not take the good older one with it', async () => {
  await database.query(`ALTER TABLE visits ADD CONSTRAINT cheap CHECK (total_cost < 1000)`)
  await sink.send([
    upsert('visits', visit(1, { diagnosis: 'good' }), 1),
    upsert('visits', visit(1, { total_cost: '5000.00' }), 2),
    upsert('visits', visit(1, { total_cost: '6000.00' }), 3),
  ])
  assert.deepEqual(await texts('visits'), ['(1,1,1,2026-03-01,good,120.50)'])
  assert.deepEqual(
    letters().map(([code]) => code),
    ['EVENT_REFUSED', 'EVENT_REFUSED'],
  )
})

test('messages that are not ours, and corrupt ones, go to dead letters whole', async () => {
  const good = await messageOf([upsert('visits', visit(1), 1)])
  for (const [code, message] of [
    ['MESSAGE_NOT_OURS', { ...good, attributes: { ...good.attributes, topic: 'topic_patients' } }],
    ['MESSAGE_CORRUPT', { ...good, attributes: { ...good.attributes, count: '2' } }],
    ['MESSAGE_CORRUPT', { ...good, data: good.data.subarray(0, good.data.length - 9) }],
    [
      'MESSAGE_CORRUPT',
      { ...good, attributes: { ...good.attributes, firstOffset: '999999', lastOffset: '999999' } },
    ],
  ] as const) {
    sink.deadLetters.messages = []
    assert.equal(await sink.push(message), 204)
    assert.deepEqual(
      sink.deadLetters.messages.map(({ attributes }) => attributes.deadLetterCode),
      [code],
    )
  }
  assert.deepEqual(await texts('visits'), [])
})

test('the ledger is trimmed, and an event that it can not judge any more is refused, not guessed', async () => {
  let now = new Date('2026-03-01T09:00:00Z')
  sink = await startSink(database.writerUrl, { now: () => now })
  sinks.push(sink)
  await sink.send([
    upsert('visits', visit(1, { diagnosis: 'then' }), 5_000_000),
    upsert('visits', visit(2), 1),
  ])
  await database.query(
    `UPDATE pipeline.applied_events SET applied_at = now() - interval '31 days' WHERE key = '1'`,
  )
  now = new Date('2026-03-01T10:00:00Z')
  await sink.send([upsert('visits', visit(3), 9_000_000)])
  assert.deepEqual(await texts('pipeline.applied_horizon'), [`(visits,"2026-03-01 08:00:05+00")`])
  assert.equal((await rows('pipeline.applied_events')).length, 2)
  await sink.send([
    upsert('visits', visit(1, { diagnosis: 'old' }), 4_000_000),
    upsert('visits', visit(2), 2),
  ])
  assert.deepEqual(
    letters().map(([code]) => code),
    ['EVENT_TOO_OLD'],
  )
  await sink.send([upsert('visits', visit(1, { diagnosis: 'now' }), 6_000_000)])
  assert.equal((await texts('visits'))[0], '(1,1,1,2026-03-01,now,120.50)')
  await database.query(`UPDATE pipeline.applied_events SET applied_at = now() - interval '31 days'`)
  now = new Date('2026-03-01T11:00:00Z')
  await sink.send([upsert('visits', visit(4), 9_500_000)])
  assert.deepEqual(await texts('pipeline.applied_horizon'), [`(visits,"2026-03-01 08:00:09+00")`])
})

test('invariant 9: the writing role writes what has events and sees keys alone of the others', async () => {
  const client = new Client({ connectionString: database.writerUrl })
  await client.connect()
  try {
    await client.query('SELECT patient_id FROM patients')
    for (const forbidden of [
      'SELECT full_name FROM patients',
      'SELECT * FROM doctors',
      `INSERT INTO patients (full_name) VALUES ('x')`,
      'UPDATE medicines SET price = 0',
      'DELETE FROM doctors',
      'TRUNCATE visits',
      'CREATE TABLE public.mine (id integer)',
      'UPDATE pipeline.heartbeat SET beat_at = now()',
      'SELECT * FROM pipeline.migrations',
    ]) {
      await assert.rejects(client.query(forbidden), /permission denied/, forbidden)
    }
  } finally {
    await client.end()
  }
})
