import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OutgoingMessage } from '@pipeline/functions/publisher.ts'
import { insert, type Operation } from '@pipeline/hospital/simulator/operation.ts'
import { Random } from '@pipeline/hospital/simulator/random.ts'
import { createSimulator } from '@pipeline/hospital/simulator/simulator.ts'
import { Client } from 'pg'
import { eventClock, toEvent, topicOf } from '../producer/events.ts'
import { startTestPostgres, type TestDatabase, type TestPostgres } from '../producer/test-postgres.ts'
import { write } from '../producer/writer.ts'
import { messageOf, remove, type Sink, startSink, upsert, visit } from './harness.ts'

let postgres: TestPostgres
const sinks: Sink[] = []
before(async () => {
  postgres = await startTestPostgres()
})
after(async () => {
  await Promise.all(sinks.map((each) => each.stop()))
  await postgres.stop()
})

const FACTS = ['visits', 'prescriptions', 'billing_payments']

async function sinkOn(database: { writerUrl: string }): Promise<Sink> {
  const sink = await startSink(database.writerUrl)
  sinks.push(sink)
  return sink
}

async function bySql(database: TestDatabase, operations: readonly Operation[]): Promise<void> {
  const client = new Client({ connectionString: database.url })
  await client.connect()
  try {
    await write(client, operations)
  } finally {
    await client.end()
  }
}

async function contents(database: TestDatabase): Promise<string[]> {
  const all: string[] = []
  for (const table of FACTS) {
    const rows = await database.query<{ row: string }>(
      `SELECT '${table}' || t::text AS row FROM ${table} t ORDER BY 1`,
    )
    all.push(...rows.map(({ row }) => row))
  }
  return all
}

/** The life of a hospital in which no patient changes their key. */
function history(seed: number, count: number): { parents: Operation[]; facts: Operation[] } {
  const simulator = createSimulator({ seed, startDate: '2025-01-01', operations: count, patients: 50 })
  const all = [...simulator.seedHospital(), ...simulator.step(count)]
  const parents = all.flatMap((operation) => {
    if (operation.op === 'rekey') return [insert(operation.table, operation.row)]
    return operation.op === 'insert' && topicOf(operation) === undefined ? [operation] : []
  })
  return { parents, facts: all.filter((operation) => topicOf(operation) !== undefined) }
}

/** Messages of one topic each, cut anywhere, some twice, in any order. */
async function shuffled(facts: readonly Operation[], random: Random): Promise<OutgoingMessage[]> {
  const now = eventClock()
  const events = facts.map((operation) => ({
    topic: topicOf(operation)!,
    value: toEvent(operation, now()).value,
  }))
  const mixed = events
    .map((event) => ({ event, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ event }) => event)
  const messages: OutgoingMessage[] = []
  for (const each of Map.groupBy(mixed, ({ topic }) => topic).values()) {
    for (let from = 0; from < each.length; ) {
      const size = random.int(1, 120)
      const message = await messageOf(each.slice(from, from + size))
      messages.push(message)
      if (random.chance(0.3)) messages.push(message)
      from += size
    }
  }
  return messages
    .map((message) => ({ message, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map((m) => m.message)
}

/** Delivers like Pub/Sub: several at a time, what is not taken comes again. */
async function deliver(messages: OutgoingMessage[], on: readonly Sink[]): Promise<void> {
  const queue = [...messages]
  let underWay = 0
  const worker = async (sink: Sink): Promise<void> => {
    for (let left = 3_000; left > 0; left--) {
      for (const each of on) queue.push(...each.again.messages.splice(0))
      const message = queue.shift()
      if (message === undefined) {
        if (underWay === 0) return
        await sleep(2)
        continue
      }
      underWay++
      const status = await sink.push(message)
      if (status !== 204) queue.push(message)
      underWay--
    }
    assert.fail('it does not come to an end')
  }
  await Promise.all(on.flatMap((sink) => [worker(sink), worker(sink)]))
}

for (const seed of [1, 2, 3]) {
  test(`invariants 2 and 3: in any order, cut anywhere, some twice, through two sinks at once: seed ${seed}`, async () => {
    const [wanted, database] = [await postgres.createMigrated(), await postgres.createMigrated()]
    const { parents, facts } = history(seed, 1500)
    await bySql(wanted, [...parents, ...facts])
    const on = [await sinkOn(database), await sinkOn(database)]
    const messages = await shuffled(facts, new Random(seed))
    const delivering = deliver(messages, on)
    await sleep(100)
    await bySql(database, parents)
    await delivering
    assert.deepEqual(await contents(database), await contents(wanted))
    assert.ok((await contents(wanted)).length > 500)
    assert.deepEqual(
      on.flatMap((sink) => sink.deadLetters.messages.map(({ attributes }) => attributes.deadLetterReason)),
      [],
    )
  })
}

async function hospital(): Promise<TestDatabase & { writerUrl: string }> {
  const database = await postgres.createMigrated()
  await database.query(`INSERT INTO doctors (name, specialization) VALUES ('D', 'Cardiology')`)
  await database.query(`INSERT INTO patients (full_name) VALUES ('P')`)
  return database
}

test('a delete that waits for an insert under way in another call sees the row and deletes it', async () => {
  const database = await hospital()
  const [first, second] = [await sinkOn(database), await sinkOn(database)]
  const lock = new Client({ connectionString: database.url })
  await lock.connect()
  // Inserts wait for the parent's row, and hold their place in the ledger while they do.
  await lock.query('BEGIN; SELECT FROM patients FOR UPDATE')
  const inserting = first.send([upsert('visits', visit(1), 1)])
  await sleep(300)
  const deleting = second.send([remove('visits', 1, 2)])
  await sleep(300)
  await lock.query('COMMIT')
  await lock.end()
  assert.deepEqual(await Promise.all([inserting, deleting]), [204, 204])
  assert.deepEqual(await contents(database), [])
})

test('calls with the same keys in opposite order queue up: none fails, and the newest stands', async () => {
  const database = await hospital()
  const on = [await sinkOn(database), await sinkOn(database)]
  const ids = Array.from({ length: 300 }, (_, at) => at + 1)
  const statuses: number[] = []
  await Promise.all(
    on.map(async (sink, which) => {
      for (let round = 0; round < 12; round++) {
        const at = round * 2000 + which * 1000
        const events = ids.map((id) =>
          (id + round + which) % 3 === 0
            ? remove('visits', id, at + id)
            : upsert('visits', visit(id, { diagnosis: `r${round}w${which}` }), at + id),
        )
        statuses.push(await sink.send(which === 0 ? events : events.toReversed()))
      }
    }),
  )
  assert.deepEqual(new Set(statuses), new Set([204]))
  const left = await contents(database)
  assert.equal(left.length, 200)
  assert.ok(left.every((row) => row.includes('r11w1')))
})

test('a deadlock with somebody else is tried again at once', async () => {
  const database = await hospital()
  const sink = await sinkOn(database)
  await sink.send([upsert('visits', visit(1), 1), upsert('visits', visit(2), 1)])
  const other = new Client({ connectionString: database.url })
  await other.connect()
  await other.query('BEGIN; UPDATE visits SET diagnosis = NULL WHERE visit_id = 2')
  sink.statements.length = 0
  const sending = sink.send([1, 2].map((id) => upsert('visits', visit(id, { diagnosis: 'after all' }), 2)))
  await sleep(300)
  // The sink has row 1 and waits for row 2; it waits first, so PostgreSQL ends its statement.
  await other.query('UPDATE visits SET diagnosis = NULL WHERE visit_id = 1')
  await other.query('COMMIT')
  await other.end()
  assert.equal(await sending, 204)
  assert.ok(sink.statements.length >= 2, 'there was a deadlock')
  assert.ok((await contents(database)).every((row) => row.includes('after all')))
})

test('invariant 1: PostgreSQL that dies in the middle of a batch: not acknowledged, and whole when it comes again', async () => {
  const database = await hospital()
  const sink = await sinkOn(database)
  await sink.send([upsert('visits', visit(1), 1)])
  const message = await messageOf([
    ...[2, 3, 4].map((id) => upsert('visits', visit(id), 5)),
    remove('visits', 1, 5),
  ])
  const lock = new Client({ connectionString: database.url })
  lock.on('error', () => {})
  await lock.connect()
  await lock.query('BEGIN; SELECT FROM visits WHERE visit_id = 1 FOR UPDATE')
  const pushing = sink.push(message)
  await sleep(300)
  const crashing = postgres.crash(300)
  assert.equal(await pushing, 503)
  assert.equal(await sink.push(message), 503, 'nor while it is away')
  await crashing
  assert.equal(await sink.push(message), 204)
  assert.deepEqual(
    (await contents(database)).map((row) => /\((\d+)/.exec(row)![1]),
    ['2', '3', '4'],
  )
  assert.equal(sink.deadLetters.messages.length + sink.again.messages.length, 0)
  assert.doesNotMatch(sink.log.text(), /Asthma/)
  await lock.end().catch(() => {})
})
