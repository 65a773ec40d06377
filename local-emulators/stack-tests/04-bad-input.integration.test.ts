import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { PubSub } from '@google-cloud/pubsub'
import { createKafka } from '@pipeline/cdc/relay/kafka.ts'
import { TOPICS } from '@pipeline/functions/manifest-parts.ts'
import { pino } from 'pino'
import { callFunction } from '../commands/call-function.ts'
import { type LoadReport, load } from '../commands/load.ts'
import { waitForLake } from '../commands/wait-for-lake.ts'
import {
  assertEqual,
  bucket,
  type DeadLetter,
  eventually,
  letters,
  loadAll,
  objectsUnder,
  reconcileNow,
  someone,
  sql,
  stack,
} from './the-stack.ts'

async function letterWhere(matches: (letter: DeadLetter) => boolean): Promise<DeadLetter> {
  return eventually(async () => {
    const found = (await letters()).filter(matches)
    assert.equal(found.length, 1)
    return found[0]!
  })
}

const secret = 'Erika Geheim'
const kafka = createKafka({ brokers: [stack.kafkaBrokers] }, 'test', pino({ level: 'silent' }))

async function send(
  topic: string,
  key: string | null,
  value: string,
): Promise<{ partition: number; offset: number }> {
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  try {
    const [sent] = await producer.send({ topic, messages: [{ key, value, partition: 0 }] })
    return { partition: sent!.partition, offset: Number(sent!.baseOffset) }
  } finally {
    await producer.disconnect()
  }
}

test('invariant 5: an unreadable record lies in dead letters with topic, partition, offset and reason', async () => {
  const topic = 'postgres-source.public.doctors'
  const { offset } = await send(topic, '{"doctor_id":1}', `not json, ${secret}`)
  const letter = await letterWhere(({ origin }) => origin.topic === topic && origin.offset === offset)
  assert.equal(letter.code, 'RECORD_UNREADABLE')
  assert.equal(letter.source, 'relay')
  assert.equal(letter.origin.partition, 0)
  assert.doesNotMatch(letter.reason, /Erika/)
  const payload = JSON.parse(Buffer.from(letter.payload!, 'base64').toString()) as { value: string }
  assert.equal(Buffer.from(payload.value, 'base64').toString(), `not json, ${secret}`)
})

test('a table that the catalog does not know is captured into dead letters, and the others go on', async () => {
  await sql(async (client) => {
    await client.query('CREATE TABLE wards (ward_id bigint PRIMARY KEY, name text)')
    await client.query('ALTER PUBLICATION hospital_changes ADD TABLE wards')
    await client.query(`INSERT INTO wards VALUES (1, '${secret}')`)
    await someone(client)
  })
  const letter = await letterWhere(({ code }) => code === 'RECORD_UNKNOWN_TABLE')
  assert.equal(letter.origin.topic, 'postgres-source.public.wards')
  assert.match(letter.todo, /hospital\/tables\.ts/)
  await sql((client) => client.query('DROP TABLE wards'))
})

test('messages that are not ours end in dead letters, each with its own reason', async () => {
  const pubsub = new PubSub({ projectId: stack.projectId, apiEndpoint: stack.pubsubHost, emulatorMode: true })
  try {
    const topic = pubsub.topic(TOPICS.changes)
    const stranger = await topic.publishMessage({ data: Buffer.from(secret) })
    const liar = await topic.publishMessage({
      data: Buffer.from('no gzip'),
      attributes: {
        table: 'visits',
        topic: 'postgres-source.public.visits',
        partition: '0',
        firstOffset: '5',
        lastOffset: '6',
        count: '2',
        format: 'ndjson.gz',
      },
    })
    // Each sink refuses what it can't read, and says so itself.
    const from = (sink: string, messageId: string) =>
      letterWhere(({ origin, source }) => source === sink && origin.messageId === messageId)
    const first = await from('lake-sink', stranger)
    const second = await from('lake-sink', liar)
    assert.equal((await from('clickhouse-sink', liar)).code, 'MESSAGE_CORRUPT')
    assert.deepEqual([first.code, second.code], ['MESSAGE_NOT_OURS', 'MESSAGE_CORRUPT'])
    assert.equal(Buffer.from(first.payload!, 'base64').toString(), secret)
    assert.equal(first.source, 'lake-sink')
  } finally {
    await pubsub.close()
  }
})

test('a lake object cut short is left out with a reason, the rest is loaded, and putting it back mends it', async () => {
  await sql((client) =>
    client.query(`INSERT INTO doctors (name, specialization) VALUES ('cut', 'Dermatology')`),
  )
  assert.equal(await waitForLake(stack, 60), 0)
  const name = (await objectsUnder('changes/doctors/')).at(-1)!
  const [whole] = await bucket.file(name).download()
  await bucket.file(name).save(whole.subarray(0, whole.length - 9), { resumable: false })
  await sql(someone)
  assert.equal(await waitForLake(stack, 60), 0)
  const report = await callFunction<LoadReport>(stack, 'load-dimensions')
  assert.deepEqual([report.tables.doctors!.broken, report.tables.patients!.broken], [1, 0])
  assert.ok(report.tables.patients!.rows >= 1)
  const letter = await letterWhere(
    ({ code, origin }) => code === 'LAKE_OBJECT_BROKEN' && origin.object === name,
  )
  assert.match(letter.todo, /generation/)
  assert.equal((await reconcileNow(0)).status, 'different')
  assert.equal((await load(stack)).doctors!.broken, 0)

  await bucket.file(name).save(whole, { resumable: false })
  assert.ok(gunzipSync(whole).length > 0)
  await loadAll()
  assertEqual(await reconcileNow())
})

test('invariant 8: no log of any part holds a row value', async () => {
  const { readdir, readFile } = await import('node:fs/promises')
  const { join } = await import('node:path')
  const logs = join(stack.stateDir, 'logs')
  for (const file of await readdir(logs)) {
    assert.doesNotMatch(await readFile(join(logs, file), 'utf8'), /Erika|Geheim|O'Brien/, file)
  }
})
