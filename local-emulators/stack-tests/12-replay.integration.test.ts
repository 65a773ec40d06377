import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createKafka } from '@pipeline/cdc/relay/kafka.ts'
import { readTarget } from '@pipeline/cdc/replay/target.ts'
import { pino } from 'pino'
import { waitForLake } from '../commands/wait-for-lake.ts'
import { replayInStack } from '../replay/stack-replay.ts'
import {
  assertEqual,
  bucket,
  eventually,
  loadAll,
  objectsUnder,
  reconcileNow,
  someone,
  sql,
  stack,
} from './the-stack.ts'

const topic = 'postgres-source.public.doctors'
const kafka = createKafka({ brokers: [stack.kafkaBrokers] }, 'test', pino({ level: 'silent' }))

/** The last record of the topic. */
async function lastRecord(): Promise<{ offset: number; key: Buffer; value: Buffer }> {
  const admin = kafka.admin()
  await admin.connect()
  const [end] = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  const consumer = kafka.consumer({ groupId: `test-${process.pid}` })
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  try {
    return await new Promise((resolve) => {
      void consumer.run({
        autoCommit: false,
        eachMessage: async ({ message: { offset, key, value } }) => {
          if (Number(offset) === Number(end!.high) - 1)
            resolve({ offset: Number(offset), key: key!, value: value! })
        },
      })
    })
  } finally {
    await consumer.disconnect()
  }
}

async function send(key: Buffer, value: string): Promise<number> {
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  const [sent] = await producer.send({ topic, messages: [{ key, value, partition: 0 }] })
  await producer.disconnect()
  return Number(sent!.baseOffset)
}

async function letterOf(offset: number): Promise<string | undefined> {
  return (await objectsUnder('dead-letters/relay/')).find((name) =>
    name.endsWith(`/${topic}-0-${offset}.json`),
  )
}

test('invariant 2: what is sent again from dead letters, lake and Kafka, twice, leaves every store equal', async () => {
  await sql(someone)
  assert.equal(await waitForLake(stack, 60), 0)
  const good = await lastRecord()
  const offset = await send(good.key, `broken ${good.value.toString()}`)
  const name = await eventually(async () => {
    const found = await letterOf(offset)
    assert.ok(found)
    return found
  })
  const only = { what: 'dead-letters', filter: { source: 'relay', code: 'RECORD_UNREADABLE' } } as const
  const dry = await replayInStack(stack, true, only)
  const still = await replayInStack(stack, false, only)
  assert.deepEqual([dry.sent, still.sent, still.messages], [0, 0, 0])
  assert.ok(dry.stays >= 1)
  assert.ok(await letterOf(offset))

  const [body] = await bucket.file(name).download()
  const letter = JSON.parse(body.toString()) as Record<string, unknown>
  const payload = { key: good.key.toString('base64'), value: good.value.toString('base64') }
  const mended = { ...letter, payload: Buffer.from(JSON.stringify(payload)).toString('base64') }
  await bucket.file(name).save(JSON.stringify(mended), { resumable: false })
  assert.equal((await replayInStack(stack, true, only)).sent, 1)
  assert.ok(await letterOf(offset), 'a dry run moves nothing')
  assert.equal((await replayInStack(stack, false, only)).sent, 1)
  assert.equal(await letterOf(offset), undefined)
  assert.equal((await replayInStack(stack, false, only)).sent, 0)
  await eventually(async () => {
    const names = await objectsUnder('changes/doctors/')
    assert.ok(names.some((each) => each.includes(`-0-${String(offset).padStart(20, '0')}-`)))
  })
  for (let time = 0; time < 2; time++) {
    const fromLake = await replayInStack(stack, false, {
      what: 'from',
      target: readTarget('changes/doctors/'),
    })
    assert.ok(fromLake.messages >= 1 && fromLake.stays === 0, JSON.stringify(fromLake))
    const place = `${topic}:0:${good.offset}`
    const fromKafka = await replayInStack(stack, false, { what: 'from', target: readTarget(place) })
    assert.deepEqual([fromKafka.sent, fromKafka.messages], [1, 1])
  }
  await loadAll()
  assertEqual(await reconcileNow())
})

test('what can not be replayed is said clearly', async () => {
  const from = (place: string) => replayInStack(stack, false, { what: 'from', target: readTarget(place) })
  await assert.rejects(from('changes/nothing/'), { code: 'REQUEST_INVALID' })
  await assert.rejects(from('no.such.topic:0:1'), { code: 'REQUEST_INVALID' })
  await assert.rejects(from(`${topic}:0:999999999`), { code: 'REQUEST_INVALID' })
  await assert.rejects(from(`${topic}:77:0`), { code: 'REQUEST_INVALID' })
})
