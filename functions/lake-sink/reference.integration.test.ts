import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import type { Bucket } from '@google-cloud/storage'
import { gcsLake } from '../lake/gcs.ts'
import { pushFunction } from '../push.ts'
import { type Batch, batchOf, pushBody, visitChange, visitChanges } from '../testing/batches.ts'
import { type FakeGcs, startFakeGcs } from '../testing/fake-gcs.ts'
import { type LogBook, logBook, type Outbox, outbox, type Served, serve } from '../testing/serving.ts'
import { lakeSink } from './sink.ts'

let gcs: FakeGcs
let bucket: Bucket
let deadLetters: Outbox
let log: LogBook
let server: Served
const servers: Served[] = []

async function serveOn(target: Bucket): Promise<Served> {
  const handle = lakeSink({ lake: gcsLake(target), log })
  const served = await serve(pushFunction({ name: 'lake-sink', handle, deadLetters, log }))
  servers.push(served)
  return served
}

before(async () => {
  gcs = await startFakeGcs()
})
beforeEach(async () => {
  bucket = await gcs.newBucket()
  deadLetters = outbox()
  log = logBook()
  server = await serveOn(bucket)
})
after(async () => {
  await Promise.all(servers.map((each) => each.stop()))
  await gcs.stop()
})

const send = async ({ data, attributes }: Pick<Batch, 'data' | 'attributes'>, id?: string) =>
  (await server.post(pushBody(data, attributes, id))).status
async function names(): Promise<string[]> {
  const [files] = await bucket.getFiles()
  return files.map((file) => file.name)
}
const put = (name: string, data: Buffer, metadata: Record<string, string> = {}) =>
  bucket.file(name).save(data, { resumable: false, metadata: { contentType: 'application/gzip', metadata } })

async function refused(code: string, batch: Pick<Batch, 'data' | 'attributes'>, why: string): Promise<void> {
  deadLetters.messages = []
  const before = await names()
  assert.equal(await send(batch), 204, why)
  assert.equal(deadLetters.messages.length, 1, why)
  const { data, attributes } = deadLetters.messages[0]!
  assert.equal(attributes.deadLetterCode, code, `${why}: ${attributes.deadLetterReason}`)
  assert.ok(Buffer.from(data).equals(batch.data), why)
  assert.deepEqual(await names(), before, why)
}

test('a reference is done when its object is whole', async () => {
  const batch = batchOf([visitChange(7, { row: { visit_id: 7, diagnosis: 'y'.repeat(12 * 1024 * 1024) } })])
  const reference = {
    data: Buffer.alloc(0),
    attributes: { ...batch.attributes, format: 'reference', object: batch.name },
  }
  await put(batch.name, batch.data, { count: '1' })
  assert.equal(await send(reference), 204)
  assert.equal(deadLetters.messages.length, 0)
  assert.deepEqual(await names(), [batch.name])
})

test('invariant 5: a reference whose object is missing, cut, of another batch or of another day is refused', async () => {
  const batch = batchOf(visitChanges(0, 3))
  const attributes = { ...batch.attributes, format: 'reference', object: batch.name }
  const to = (given: Record<string, string>) => ({
    data: Buffer.alloc(0),
    attributes: { ...attributes, ...given },
  })
  await refused('MESSAGE_CORRUPT', to({}), 'missing')
  await put(batch.name, batch.data.subarray(0, 100))
  await refused('MESSAGE_CORRUPT', to({}), 'cut')
  await put(batch.name, batch.data, { count: '5' })
  await refused('MESSAGE_CORRUPT', to({}), 'another count')
  await put(batch.name, batch.data)
  assert.equal(await send(to({})), 204)
  await refused('MESSAGE_CORRUPT', to({ lastOffset: '4' }), 'another range')
  await refused(
    'MESSAGE_CORRUPT',
    to({ object: batch.name.replace('visits/', 'patients/') }),
    'another table',
  )
  const yesterday = batch.name.replace('date=20240305', 'date=20240304')
  await put(yesterday, batch.data)
  await refused('MESSAGE_CORRUPT', to({ object: yesterday }), 'another day')
  await refused('MESSAGE_NOT_OURS', to({ object: 'changes/visits/../x.gz' }), 'no name of ours')
})
