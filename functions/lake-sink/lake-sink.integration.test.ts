import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Bucket } from '@google-cloud/storage'
import { toNdjson } from '@pipeline/hospital/change.ts'
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
const bytes = async (name: string) => (await bucket.file(name).download({ decompress: false }))[0]
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

test('invariant 1: nothing is lost: the very bytes that were sent lie under the name of the batch', async () => {
  const batch = batchOf(visitChanges(42, 99))
  assert.equal(await send(batch), 204)
  const name =
    'changes/visits/date=20240305/postgres-source.public.visits-0-00000000000000000042-00000000000000000099.ndjson.gz'
  assert.deepEqual(await names(), [name])
  assert.ok((await bytes(name)).equals(batch.data))
  const [metadata] = await bucket.file(name).getMetadata()
  assert.equal(metadata.contentType, 'application/gzip')
  assert.equal(metadata.contentEncoding ?? '', '')
  assert.equal(metadata.metadata?.count, '58')
})

test('invariant 2: twice is once: the same message, at once and later, leaves one object as it was', async () => {
  const batch = batchOf(visitChanges(0, 9))
  assert.deepEqual(await Promise.all(Array.from({ length: 8 }, () => send(batch))), Array(8).fill(204))
  const [before] = await bucket.file(batch.name).getMetadata()
  assert.equal(await send(batch, '2002'), 204)
  const [later] = await bucket.file(batch.name).getMetadata()
  assert.equal(later.generation, before.generation)
  assert.deepEqual(await names(), [batch.name])
  assert.equal(deadLetters.messages.length, 0)
})

test('invariant 2: twice is once: the same changes compressed otherwise are the same batch', async () => {
  const changes = visitChanges(0, 9)
  assert.equal(await send(batchOf(changes)), 204)
  const other = { ...batchOf(changes), data: gzipSync(toNdjson(changes), { level: 1 }) }
  assert.ok(!other.data.equals(batchOf(changes).data))
  assert.equal(await send(other), 204)
  assert.equal(deadLetters.messages.length, 0)
})

test('invariant 2: batches cut elsewhere lie beside each other', async () => {
  for (const [first, last] of [
    [0, 9],
    [5, 14],
    [0, 14],
    [3, 3],
  ] as const) {
    assert.equal(await send(batchOf(visitChanges(first, last))), 204)
  }
  assert.equal((await names()).length, 4)
})

test('other contents under the same name are a conflict, and nothing is overwritten', async () => {
  const batch = batchOf(visitChanges(0, 2))
  for (const there of [
    gzipSync(toNdjson(visitChanges(0, 2, { txId: 1 }))),
    Buffer.from('no gzip'),
    Buffer.alloc(0),
  ]) {
    await bucket.file(batch.name).delete({ ignoreNotFound: true })
    await put(batch.name, there)
    await refused('LAKE_CONFLICT', batch, String(there.length))
    assert.ok((await bytes(batch.name)).equals(there))
  }
})

test('invariant 5: nothing is guessed: poison goes to dead letters, nothing to the lake', async () => {
  const good = visitChanges(0, 3)
  const raw = (text: string | Buffer, attributes = {}): Batch => ({
    ...batchOf(good, attributes),
    data: gzipSync(text),
  })
  const day = (at: string) => visitChange(3, { committedAt: at })
  const whole = batchOf(good)
  const poison: [string, Pick<Batch, 'data' | 'attributes'>][] = [
    ['not gzip', { ...whole, data: Buffer.from(toNdjson(good)) }],
    ['empty', { ...whole, data: Buffer.alloc(0) }],
    ['cut short', { ...whole, data: whole.data.subarray(0, whole.data.length - 12) }],
    ['bytes after the gzip', { ...whole, data: Buffer.concat([whole.data, Buffer.from('more')]) }],
    ['gzip bomb', raw(Buffer.alloc(70 * 1024 * 1024))],
    ['wrong count', batchOf(good, { count: '3' })],
    ['no count', batchOf(good, { count: '0' })],
    ['count beyond the range', batchOf(good, { count: '9' })],
    ['wrong first', batchOf(good, { firstOffset: '1', count: '3' })],
    ['wrong last', batchOf(good, { lastOffset: '4' })],
    ['range turned round', batchOf(good, { firstOffset: '4', lastOffset: '3' })],
    ['another table inside', raw(toNdjson([...good.slice(0, 3), visitChange(3, { table: 'patients' })]))],
    ['attributes of another table', batchOf(good, { table: 'patients' })],
    ['another partition', batchOf(good, { partition: '1' })],
    ['out of order', raw(toNdjson([good[0]!, good[2]!, good[1]!, good[3]!]))],
    ['twice the same', raw(toNdjson([good[0]!, good[1]!, good[1]!, good[3]!]))],
    ['two days', raw(toNdjson([...good.slice(0, 3), day('2024-03-06T00:00:00.000Z')]))],
    ['bad JSON', raw(toNdjson(good).replace('"op"', '"op'))],
    ['blank line', raw(toNdjson(good).replace('\n', '\n\n'))],
    ['not UTF-8', raw(Buffer.from(toNdjson(good).replace('Asthma', 'Asthm\u00e4'), 'latin1'))],
    ['null', raw('null\n'.repeat(4))],
  ]
  for (const [why, batch] of poison) {
    await refused('MESSAGE_CORRUPT', batch, why)
    const tooLarge = deadLetters.messages[0]!.attributes.deadLetterReason!.includes('too large')
    assert.equal(tooLarge, why === 'gzip bomb', why)
  }
  assert.deepEqual(await names(), [])
})

test('invariant 5: what is not a batch of ours is told apart, and no path trick leaves the prefix', async () => {
  const good = visitChanges(0, 3)
  const strange: Record<string, string>[] = [
    { table: '../dead-letters' },
    { table: 'visits/../..' },
    { table: '' },
    { topic: '../../x' },
    { topic: 'a/b' },
    { topic: '..' },
    { topic: 'a\\b\u0000' },
    { partition: '-1' },
    { partition: '0x1' },
    { partition: '99999999999' },
    { firstOffset: '1e3' },
    { lastOffset: '99999999999999999999' },
    { format: 'parquet' },
    { format: '' },
  ]
  for (const attributes of strange) {
    await refused('MESSAGE_NOT_OURS', batchOf(good, attributes), JSON.stringify(attributes))
  }
  for (const missing of Object.keys(batchOf(good).attributes)) {
    const batch = batchOf(good)
    delete batch.attributes[missing]
    await refused('MESSAGE_NOT_OURS', batch, `without ${missing}`)
  }
  await refused('MESSAGE_NOT_OURS', { data: Buffer.from('hello'), attributes: {} }, 'no attributes')
  await refused('RECORD_UNKNOWN_TABLE', batchOf(good, { table: 'appointments' }), 'a table of nobody')
  assert.deepEqual(await names(), [])
})

test('invariant 8: patients stay private: no value of a poison row in log, answer or attributes', async () => {
  const secret = visitChange(0, { row: { visit_id: 0, diagnosis: 'Erika Mustermann' }, sequence: 'Erika' })
  assert.equal(await send(batchOf([secret])), 204)
  const bad = { ...batchOf([visitChange(0)]), data: gzipSync('{"row":{"name":Erika}}\n') }
  assert.equal(await send(bad), 204)
  assert.equal(deadLetters.messages.length, 2)
  assert.doesNotMatch(
    log.text() + JSON.stringify(deadLetters.messages.map((each) => each.attributes)),
    /Erika/,
  )
})

test('values of any kind come through: quotes, newlines, other scripts, emoji, nulls, a megabyte', async () => {
  const values = ['"\\\n\r\t', 'Ωμέγα 漢字 עברית', '😀', '', null, 'x'.repeat(1024 * 1024)]
  const changes = values.map((diagnosis, offset) =>
    visitChange(offset, { row: { visit_id: offset, diagnosis } }),
  )
  const batch = batchOf(changes)
  assert.equal(await send(batch), 204)
  assert.equal(gunzipSync(await bytes(batch.name)).toString(), toNdjson(changes))
})

test('invariant 1: nothing is lost: without a bucket the message comes again', async () => {
  const served = await serveOn(gcs.storage.bucket('no-such-bucket'))
  const batch = batchOf(visitChanges(0, 3))
  const attributes = { ...batch.attributes, format: 'reference', object: batch.name }
  assert.equal((await served.post(pushBody(batch.data, batch.attributes))).status, 503)
  assert.equal((await served.post(pushBody(Buffer.alloc(0), attributes))).status, 503)
  assert.equal(deadLetters.messages.length, 0)
})
