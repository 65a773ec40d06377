import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { type FakeGcs, startFakeGcs } from '../testing/fake-gcs.ts'
import { gcsLake, storageClient } from './gcs.ts'
import type { Lake } from './port.ts'

let gcs: FakeGcs
before(async () => {
  gcs = await startFakeGcs()
})
after(() => gcs.stop())

const bytes = Buffer.from([31, 139, 0, 255])
const object = (name: string) => ({ name, bytes, contentType: 'application/gzip', metadata: { count: '3' } })
async function pages(lake: Lake, prefix: string): Promise<string[][]> {
  const found: string[][] = []
  for await (const page of lake.list(prefix)) found.push(page.map(({ name }) => name))
  return found
}

test('an object is created once, and read as it was', async () => {
  const lake = gcsLake(await gcs.newBucket())
  const outcomes = await Promise.all([1, 2, 3, 4].map(() => lake.create(object('changes/a'))))
  assert.deepEqual(outcomes.sort(), ['created', 'exists', 'exists', 'exists'])
  const there = (await lake.head('changes/a'))!
  assert.deepEqual([there.size, there.count], [4, 3])
  assert.ok((await buffer((await lake.open(there))!)).equals(bytes))
  assert.equal(await lake.head('changes/b'), undefined)
  assert.equal(await lake.open({ name: 'changes/a', generation: '1' }), undefined)
  assert.equal(await lake.open({ name: 'changes/b', generation: '1' }), undefined)
})

test('invariant 1: nothing is lost: a listing goes through all pages, in the order of names, below its prefix', async () => {
  const lake = gcsLake(await gcs.newBucket(), 2)
  const names = ['changes/v/1', 'changes/v/2', 'changes/v/3', 'changes/v/4', 'changes/v/5']
  for (const name of [...names, 'changes/vv/1', 'dead-letters/1']) await lake.create(object(name))
  const found = await pages(lake, 'changes/v/')
  assert.deepEqual(found.flat(), names)
  assert.ok(found.length >= 3)
  assert.deepEqual((await pages(lake, 'nothing/')).flat(), [])
})

test('a missing bucket and a lake that is down are not taken for a missing object', async () => {
  const none = gcsLake(gcs.storage.bucket('no-such-bucket'))
  const down = gcsLake(storageClient({ projectId: 'p', emulatorHost: 'http://127.0.0.1:1' }).bucket('lake'))
  const calls = [none, down].flatMap((lake) => [
    lake.create(object('changes/a')),
    lake.head('changes/a'),
    lake.open({ name: 'changes/a', generation: '1' }),
    pages(lake, 'changes/'),
  ])
  for (const call of await Promise.allSettled(calls)) {
    assert.ok(call.status === 'rejected' && call.reason instanceof PipelineError)
    assert.equal(call.reason.code, 'LAKE_UNAVAILABLE')
  }
})

test('the client reads STORAGE_EMULATOR_HOST through us only, and leaves it as it was', () => {
  process.env.STORAGE_EMULATOR_HOST = 'http://127.0.0.1:9/seen'
  const client = storageClient({ projectId: 'p', emulatorHost: 'http://127.0.0.1:8' })
  assert.equal(client.apiEndpoint, 'http://127.0.0.1:8')
  assert.equal(process.env.STORAGE_EMULATOR_HOST, 'http://127.0.0.1:9/seen')
  delete process.env.STORAGE_EMULATOR_HOST
})

test('an object is removed in the generation that was looked at, and no other', async () => {
  const bucket = await gcs.newBucket()
  const lake = gcsLake(bucket)
  await lake.create(object('changes/a'))
  const there = (await lake.head('changes/a'))!
  await bucket.file('changes/a').save('other', { resumable: false })
  assert.equal(await lake.remove(there), 'replaced')
  const now = (await lake.head('changes/a'))!
  assert.equal(await lake.remove(now), 'removed')
  assert.equal(await lake.remove(now), 'gone')
  const none = gcsLake(gcs.storage.bucket('no-such-bucket'))
  await assert.rejects(none.remove(now), { code: 'LAKE_UNAVAILABLE' })
})

test('a file is stored as bytes are', async () => {
  const lake = gcsLake(await gcs.newBucket())
  const path = join(await mkdtemp(join(tmpdir(), 'gcs-')), 'file')
  try {
    await writeFile(path, bytes)
    const described = { ...object('changes/a'), metadata: { count: '3', sha256: 'ff' } }
    assert.equal(await lake.create({ ...described, bytes: path }), 'created')
    assert.equal(await lake.create({ ...described, bytes: path }), 'exists')
    const there = (await lake.head('changes/a'))!
    assert.deepEqual([there.count, there.sha256], [3, 'ff'])
    assert.ok((await buffer((await lake.open(there))!)).equals(bytes))
  } finally {
    await rm(dirname(path), { recursive: true, force: true })
  }
})
