import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { TestDatabase, TestPostgres } from '../producer/test-postgres.ts'
import { startTestPostgres } from '../producer/test-postgres.ts'
import { bill, remove, type Sink, startSink, upsert, visit } from './harness.ts'

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
const letters = () =>
  sink.deadLetters.messages.map(({ attributes }) => [
    attributes.deadLetterCode,
    Number(attributes.deadLetterOffset),
  ])
/** The one message that the sink sent to itself. */
const rest = () => sink.again.messages.splice(0)

test('an event before its parent comes again alone until the parent is there; the rest is written at once', async () => {
  const orphan = upsert('billing_payments', bill(2, 50), 2)
  await sink.send([upsert('visits', visit(1), 1)])
  const status = await sink.send([upsert('billing_payments', bill(1, 1), 1), orphan])
  assert.equal(status, 204)
  assert.equal((await rows('billing_payments')).length, 1)
  const [message] = rest()
  assert.equal(message!.attributes.count, '1')
  assert.ok(message!.attributes.waitingSince)
  assert.equal(await sink.push(message!), 503, 'left to the back-off of Pub/Sub')
  assert.equal(sink.again.messages.length, 0)
  await sink.send([upsert('visits', visit(50), 3)])
  assert.equal(await sink.push(message!), 204)
  assert.equal((await rows('billing_payments')).length, 2)
  assert.equal(sink.again.messages.length + sink.deadLetters.messages.length, 0)
})

test('of several that wait those are written whose parents are there', async () => {
  await sink.send([10, 11, 12].map((id) => upsert('billing_payments', bill(id, id), 1)))
  const [all] = rest()
  await sink.send([upsert('visits', visit(11), 1)])
  assert.equal(await sink.push(all!), 204)
  const [fewer] = rest()
  assert.equal(fewer!.attributes.count, '2')
  assert.equal(fewer!.attributes.waitingSince, all!.attributes.waitingSince)
  assert.equal((await rows('billing_payments')).length, 1)
})

test('a delete waits for the children that still refer to its row', async () => {
  await sink.send([upsert('visits', visit(1), 1)])
  await sink.send([upsert('billing_payments', bill(1, 1), 1)])
  assert.equal(await sink.send([remove('visits', 1, 9)]), 204)
  assert.equal((await rows('visits')).length, 1)
  const [message] = rest()
  await sink.send([remove('billing_payments', 1, 8)])
  assert.equal(await sink.push(message!), 204)
  assert.equal((await rows('visits')).length, 0)
})

test('an orphan whose parent never comes goes to dead letters after its time, and so does a delete', async () => {
  let now = new Date('2026-03-01T09:00:00Z')
  sink = await startSink(database.writerUrl, { maxWaitSeconds: 600, now: () => now })
  sinks.push(sink)
  await sink.send([upsert('visits', visit(1), 1)])
  await sink.send([upsert('billing_payments', bill(1, 1), 1), upsert('billing_payments', bill(9, 99), 1)])
  await sink.send([remove('visits', 1, 2)])
  const waiting = rest()
  assert.equal(waiting.length, 2)
  now = new Date('2026-03-01T09:09:59Z')
  for (const message of waiting) assert.equal(await sink.push(message), 503)
  now = new Date('2026-03-01T09:10:00Z')
  for (const message of waiting) assert.equal(await sink.push(message), 204)
  assert.deepEqual(
    letters().map(([code]) => code),
    ['EVENT_ORPHANED', 'EVENT_STILL_REFERENCED'],
  )
  assert.match(sink.deadLetters.messages[0]!.attributes.deadLetterReason!, /missing=visits/)
  assert.equal((await rows('billing_payments')).length, 1)
})

test('invariant 1: nothing is acknowledged while its dead letter or its rest is not taken', async () => {
  sink.deadLetters.failure = new Error('no')
  assert.equal(await sink.send([{ topic: 'topic_visits', value: '{}' }]), 500)
  sink.deadLetters.failure = undefined
  sink.again.failure = new Error('no')
  assert.equal(await sink.send([upsert('billing_payments', bill(1, 1), 1)]), 500)
})
