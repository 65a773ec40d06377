import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Bucket } from '@google-cloud/storage'
import { deadLetterAttributes } from '@pipeline/hospital/dead-letter.ts'
import { gcsLake } from '../lake/gcs.ts'
import { pushFunction } from '../push.ts'
import { pushBody } from '../testing/batches.ts'
import { type FakeGcs, startFakeGcs } from '../testing/fake-gcs.ts'
import { logBook, type Served, serve } from '../testing/serving.ts'
import { deadLetterSink } from './sink.ts'

let gcs: FakeGcs
let bucket: Bucket
const log = logBook()
const servers: Served[] = []

async function serveOn(target: Bucket): Promise<Served> {
  const handle = deadLetterSink({ lake: gcsLake(target), log })
  const served = await serve(pushFunction({ name: 'dead-letter-sink', handle, deadLetters: null, log }))
  servers.push(served)
  return served
}

before(async () => {
  gcs = await startFakeGcs()
  bucket = await gcs.newBucket()
})
after(async () => {
  await Promise.all(servers.map((each) => each.stop()))
  await gcs.stop()
})

async function stored(): Promise<Record<string, { generation: unknown; body: Record<string, unknown> }>> {
  const [files] = await bucket.getFiles()
  const entries = files.map(async (file) => {
    const [data] = await file.download()
    return [file.name, { generation: file.metadata.generation, body: JSON.parse(data.toString()) }] as const
  })
  return Object.fromEntries(await Promise.all(entries))
}

test('invariant 2: twice is once: a letter that comes again, days later and as another message, is stored once', async () => {
  const server = await serveOn(bucket)
  const note = { code: 'MESSAGE_CORRUPT', reason: 'r', source: 'lake-sink', messageId: '1001' }
  const times = { at: '2024-03-05T10:20:33Z', originAt: '2024-03-05T10:20:32Z' }
  const payload = Buffer.from('Erika\u0000 \n"')
  const first = deadLetterAttributes({ ...note, ...times }, { table: 'visits' })
  assert.equal((await server.post(pushBody(payload, first, '1'))).status, 204)
  const before = await stored()
  const again = deadLetterAttributes({ ...note, ...times, at: '2024-03-09T00:00:00Z' }, { table: 'visits' })
  assert.equal((await server.post(pushBody(payload, again, '2'))).status, 204)
  assert.deepEqual(await stored(), before)
  const letter = before['dead-letters/lake-sink/date=20240305/1001.json']!.body
  assert.equal(Buffer.from(String(letter.payload), 'base64').toString(), payload.toString())
  assert.deepEqual(letter.attributes, { table: 'visits' })
  assert.match(String(letter.todo), /sent again from Kafka/)
  assert.doesNotMatch(log.text(), /Erika/)
})

test('invariant 1: nothing is lost: whatever arrives is stored', async () => {
  const server = await serveOn(bucket)
  const before = Object.keys(await stored()).length
  const exhausted = {
    CloudPubSubDeadLetterSourceSubscription: 'lake-sink',
    CloudPubSubDeadLetterSourceDeliveryCount: '50',
  }
  const odd: [Buffer, Record<string, string>, string][] = [
    [Buffer.alloc(0), {}, '11'],
    [Buffer.from([0xff, 0xfe]), { deadLetterCode: 'NEVER_HEARD_OF', deadLetterSource: '../..' }, '12'],
    [Buffer.alloc(9_000_000, 'x'), exhausted, '13'],
    [Buffer.from('x'), {}, '../../14'],
  ]
  for (const [data, attributes, id] of odd) {
    assert.equal((await server.post(pushBody(data, attributes, id))).status, 204, id)
  }
  const letters = await stored()
  assert.equal(Object.keys(letters).length, before + odd.length)
  assert.equal(letters['dead-letters/lake-sink/date=20240305/13.json']!.body.code, 'DELIVERY_EXHAUSTED')
  assert.ok(Object.keys(letters).every((name) => name.startsWith('dead-letters/')))
})

test('invariant 1: nothing is lost: while the lake does not answer the letter is not acknowledged', async () => {
  const server = await serveOn(gcs.storage.bucket('no-such-bucket'))
  assert.equal((await server.post(pushBody(Buffer.from('x'), {}, '1'))).status, 503)
})
