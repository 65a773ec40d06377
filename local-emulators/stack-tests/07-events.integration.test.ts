import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKafka } from '@pipeline/cdc/relay/kafka.ts'
import { pino } from 'pino'
import { waitForEvents } from '../commands/wait-for-events.ts'
import { bill, eventTime, remove, type TestEvent, upsert, visit } from '../oltp-sink/harness.ts'
import { produce } from '../producer/produce.ts'
import { EVENTS_GROUP } from '../supervisor/describe.ts'
import {
  assertEqual,
  bucket,
  eventually,
  loadAll,
  objectsUnder,
  processes,
  reconcileNow,
  someone,
  sql,
  stack,
} from './the-stack.ts'

const kafka = createKafka({ brokers: [stack.kafkaBrokers] }, 'test', pino({ level: 'silent' }))

/** Sends events in the given order; returns the offset of the last. */
async function send(events: readonly TestEvent[]): Promise<number> {
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  try {
    let offset = 0
    for (const { topic, value } of events) {
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      const [sent] = await producer.send({ topic, messages: [{ value: text }] })
      offset = Number(sent!.baseOffset)
    }
    return offset
  } finally {
    await producer.disconnect()
  }
}

/** Whether Pub/Sub has taken all that Kafka has of a topic. */
async function relayed(topic: string): Promise<boolean> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const [end] = await admin.fetchTopicOffsets(topic)
    const [group] = await admin.fetchOffsets({ groupId: EVENTS_GROUP, topics: [topic] })
    return group!.partitions[0]!.offset === end!.high
  } finally {
    await admin.disconnect()
  }
}

async function letter(
  topic: string,
  offset: number,
): Promise<{ code: string; reason: string; source: string }> {
  return eventually(async () => {
    const name = (await objectsUnder('dead-letters/')).find((each) =>
      each.endsWith(`/${topic}-0-${offset}.json`),
    )
    assert.ok(name)
    return JSON.parse((await bucket.file(name).download())[0].toString())
  }, 20)
}

async function count(table: string, where = 'true'): Promise<number> {
  const { rows } = await sql((client) =>
    client.query(`SELECT count(*)::integer AS n FROM ${table} WHERE ${where}`),
  )
  return rows[0].n as number
}

/** Ids that nothing else has. */
async function freeIds(table: string, key: string, many: number): Promise<number[]> {
  const { rows } = await sql((client) =>
    client.query(
      `SELECT nextval(pg_get_serial_sequence('public.${table}', '${key}'))::integer AS id FROM generate_series(1, ${many})`,
    ),
  )
  return rows.map(({ id }) => id as number)
}

test('produce --via events: two producers beside one by SQL, every event is in PostgreSQL and nothing collides', async () => {
  const letters = (await objectsUnder('dead-letters/')).length
  const before = await count('visits')
  const common = {
    databaseUrl: stack.postgresUrl,
    kafkaBrokers: [stack.kafkaBrokers],
    rate: 1200,
    changes: 1500,
  }
  const runs = await Promise.all([
    produce({ ...common, seed: 21, via: 'events' }),
    produce({ ...common, seed: 21, via: 'events' }),
    produce({ ...common, seed: 22 }),
  ])
  // What a simulator does depends on who is in the hospital: it goes on until a patient has got another id.
  const byEvents = runs.slice(0, 2)
  for (let seed = 23; seed < 33 && byEvents.every(({ rekeyed }) => rekeyed === 0); seed++) {
    byEvents.push(await produce({ ...common, seed, via: 'events' }))
  }
  assert.equal(await waitForEvents(stack, 30), 0)
  assert.ok(runs.every(({ inserted, updated, deleted }) => inserted > 700 && updated > 100 && deleted > 20))
  assert.ok(
    byEvents.some(({ rekeyed }) => rekeyed > 0),
    'patients changed their key while their events were on the way',
  )
  assert.ok((await count('visits')) > before + 500)
  const wrongBills = `(SELECT FROM billing_payments b JOIN visits v USING (visit_id)
    WHERE b.patient_id <> v.patient_id) wrong`
  assert.equal(await count(wrongBills), 0)
  assert.equal((await objectsUnder('dead-letters/')).length, letters)
})

test('events out of order, one before its parent, and bad ones among good ones', async () => {
  const { patient, doctor } = await sql(someone)
  const [a, b] = (await freeIds('visits', 'visit_id', 2)) as [number, number]
  const [x, y] = (await freeIds('billing_payments', 'billing_id', 2)) as [number, number]
  const [stranger] = (await freeIds('patients', 'patient_id', 1)) as [number]
  const who = { patient_id: Number(patient), doctor_id: Number(doctor) }
  const payer = { patient_id: Number(patient) }
  const unread = await send([{ topic: 'topic_visits', value: 'Erika, not JSON' }])
  const invalid = await send([
    upsert('visits', visit(a, { ...who, diagnosis: 'late news' }), 30),
    upsert('visits', visit(a, { ...who, diagnosis: 'old news' }), 20),
    remove('visits', b, 40),
    upsert('visits', visit(b, who), 39),
    // A patient who is not there yet, and a bill of that visit.
    upsert('billing_payments', bill(x, a, payer), 10),
    upsert('visits', visit(b, { ...who, patient_id: stranger }), 50),
    upsert('billing_payments', bill(y, b, { patient_id: stranger }), 10),
    upsert('billing_payments', bill(y, b, { ...payer, total_amount: '1.001' }), 60),
  ])
  assert.equal((await letter('topic_visits', unread)).code, 'EVENT_UNREADABLE')
  const wrong = await letter('topic_billing', invalid)
  assert.equal(wrong.code, 'EVENT_INVALID')
  assert.match(wrong.reason, /payload.total_amount/)
  assert.doesNotMatch(wrong.reason, /1\.001/)
  await eventually(async () => assert.equal(await count('billing_payments', `billing_id = ${x}`), 1), 15)
  assert.equal(await count('visits', `visit_id = ${a} AND diagnosis = 'late news'`), 1)
  assert.equal(await count('visits', `visit_id = ${b}`), 0, 'its patient is not there')
  await sql((client) =>
    client.query(`INSERT INTO patients (patient_id, full_name) VALUES (${stranger}, 'late')`),
  )
  await eventually(async () => assert.equal(await count('billing_payments', `billing_id = ${y}`), 1), 30)
  assert.equal(await waitForEvents(stack, 30), 0)
  const { rows } = await sql((client) =>
    client.query(
      `SELECT event_time FROM pipeline.applied_events WHERE table_name = 'visits' AND key = '${b}'`,
    ),
  )
  assert.equal((rows[0].event_time as Date).getTime(), Date.parse(eventTime(50)))
  await loadAll()
  assertEqual(await reconcileNow())
})

test('invariant 1: an event that waits in the Pub/Sub emulator when that dies is sent again from Kafka', async () => {
  const { patient, doctor } = await sql(someone)
  const [v] = (await freeIds('visits', 'visit_id', 1)) as [number]
  const [orphan] = (await freeIds('billing_payments', 'billing_id', 1)) as [number]
  await send([upsert('billing_payments', bill(orphan, v, { patient_id: Number(patient) }), 1)])
  const before = (await processes()).find(({ name }) => name === 'pubsub')!
  await eventually(async () => assert.equal(await relayed('topic_billing'), true), 10)
  process.kill(before.pid!, 'SIGKILL')
  await eventually(async () => {
    const now = (await processes()).find(({ name }) => name === 'pubsub')!
    assert.ok(now.state === 'ready' && now.restarts > before.restarts)
  })
  await send([upsert('visits', visit(v, { patient_id: Number(patient), doctor_id: Number(doctor) }), 1)])
  await eventually(async () => assert.equal(await count('billing_payments', `billing_id = ${orphan}`), 1), 30)
})
