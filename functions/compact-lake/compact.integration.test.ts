import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { toNdjson } from '@pipeline/hospital/change.ts'
import { parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { coverage, listChanges } from '../reconcile/lake-changes.ts'
import { missing } from '../reconcile/ranges.ts'
import { batchOf, TOPIC, visitChange, visitChanges } from '../testing/batches.ts'
import { compactedName, compactionTests, offsetsOf, putTens, short } from '../testing/compaction.ts'
import { counts, totals, upTo } from '../testing/loading.ts'

const current = compactionTests()

test('invariant 1: nothing is lost: small objects become one, to the letter, and the loader reads it', async () => {
  const { it, compacting } = current()
  const odd = toNdjson([visitChange(20), visitChange(21)]).replace(
    '"total_cost":"120.50"',
    '"total_cost":12345678901234567890.12345678901234567890,"x":"Ä\\u0000\\n","y":[1.0,{"z":1e400}]',
  )
  await putTens(current(), 0, 10)
  await it.put({ name: batchOf(visitChanges(20, 21)).name, data: gzipSync(odd) })
  const report = await compacting.compact()
  assert.deepEqual(report, { replaced: 3, written: 1, changes: 22, errors: [] })
  assert.deepEqual(await compacting.names(), [`${compactedName(0, 21, 1)}`])
  const lines = await compacting.lines()
  assert.deepEqual(offsetsOf(lines), upTo(0, 21))
  assert.ok(
    JSON.parse(lines[20]!).row.includes(
      '12345678901234567890.12345678901234567890,"x":"Ä\\u0000\\n","y":[1.0,{"z":1e400}]',
    ),
  )
  assert.deepEqual(totals(await it.load()), counts(1, 22))
  assert.deepEqual(await it.offsets(), upTo(0, 21))
  assert.deepEqual(await compacting.compact(), { replaced: 0, written: 0, changes: 0, errors: [] })
})

test('coverage does not lie: what no object answered for is a gap in the name', async () => {
  const { it, compacting } = current()
  await putTens(current(), 0, 20, 50)
  await it.put(batchOf(visitChanges(31, 31)))
  await compacting.compact()
  const gaps = [
    { first: 10, last: 19 },
    { first: 30, last: 30 },
    { first: 32, last: 49 },
  ]
  assert.deepEqual(await compacting.names(), [compactedName(0, 59, 1, gaps)])
  const names = (await listChanges(it.deps.lake, 'visits')).map((object) => object.name)
  assert.deepEqual(missing(coverage(names).get(`${TOPIC}/0`)!, 0, 60), gaps)
  await putTens(current(), 10)
  await compacting.compact()
  assert.deepEqual(
    await compacting.names(),
    [compactedName(0, 59, 2, gaps.slice(1))],
    'a late object is taken by the next run',
  )
  assert.deepEqual(totals(await it.load()), counts(1, 41))
})

test('so many gaps that a name can not say them make another object', async () => {
  const { it, compacting } = current()
  for (let offset = 0; offset < 120; offset += 2) await it.put(batchOf(visitChanges(offset, offset)))
  const report = await compacting.compact()
  assert.deepEqual(report.errors, [])
  assert.ok(report.written > 1 && report.written < 6, String(report.written))
  const names = (await listChanges(it.deps.lake, 'visits')).map((object) => object.name)
  const open = missing(coverage(names).get(`${TOPIC}/0`)!, 0, 119)
  assert.deepEqual(
    open.map(({ first }) => first),
    upTo(0, 58).map((n) => 2 * n + 1),
  )
  assert.ok(names.every((each) => each.split('/').at(-1)!.length <= 255))
  assert.deepEqual(totals(await it.load()), counts(report.written, 60))
})

test('a change that a batch lacked and that is replayed comes into the compacted object', async () => {
  const { it, compacting } = current()
  await it.put(batchOf([visitChange(0), visitChange(2)]))
  await it.load()
  await compacting.compact()
  await it.put(batchOf([visitChange(1)]))
  await compacting.compact()
  assert.deepEqual(await compacting.names(), [compactedName(0, 2, 2)])
  assert.deepEqual(offsetsOf(await compacting.lines()), [0, 1, 2])
  assert.deepEqual(totals(await it.load()), counts(1, 1, 0))
  assert.deepEqual(await it.offsets(), [0, 1, 2])
})

test('invariant 5: broken objects and those that contradict are left alone with an error', async () => {
  const { it, compacting } = current()
  await putTens(current(), 0, 10, 20)
  const cut = batchOf(visitChanges(10, 19))
  await it.put({ name: cut.name, data: cut.data.subarray(0, 100) })
  const report = await compacting.compact()
  assert.deepEqual(
    report.errors.map(({ code }) => code),
    ['LAKE_OBJECT_BROKEN'],
  )
  assert.deepEqual(
    await compacting.names(),
    [compactedName(0, 29, 1, [{ first: 10, last: 19 }]), short(cut.name)].sort(),
  )
  const third = await compacting.compact()
  assert.deepEqual([third.written, third.errors.length], [0, 1], 'it is no reason to write others anew')
  await it.put(cut)
  await it.put(batchOf(visitChanges(0, 4, { txId: 5 })))
  const second = await compacting.compact()
  assert.deepEqual(
    second.errors.map(({ code }) => code),
    ['LAKE_CONFLICT'],
  )
  assert.equal((await compacting.names()).length, 2)
  assert.deepEqual(offsetsOf(await compacting.lines()), upTo(0, 29))
})

test('a compacted object that is damaged is told of, and nothing is deleted for its sake', async () => {
  const { it, compacting } = current()
  await putTens(current(), 0, 10)
  await compacting.compact()
  const [object] = await listChanges(it.deps.lake, 'visits')
  const [bytes] = await it.bucket.file(object!.name).download()
  bytes[20]! ^= 0xff
  bytes[bytes.length - 20]! ^= 0xff
  await it.bucket
    .file(object!.name)
    .save(bytes, { resumable: false, metadata: { metadata: { count: '20' } } })
  await putTens(current(), 0, 20)
  const report = await compacting.compact()
  assert.deepEqual(
    report.errors.map(({ code }) => code),
    ['LAKE_OBJECT_BROKEN'],
  )
  assert.ok((await listChanges(it.deps.lake, 'visits')).some(({ name: each }) => each === object!.name))
  const load = await it.load()
  assert.equal(load.totals.broken, 1)
  assert.equal(it.deadLetters.messages[0]!.attributes.deadLetterObject, object!.name)
  assert.deepEqual(await it.offsets(), [...upTo(0, 9), ...upTo(20, 29)])
})

test('days that are not over, young objects and large ones stay; partitions and days stay apart', async () => {
  const { it, compacting } = current()
  await it.put(batchOf(visitChanges(0, 9, { committedAt: '2024-03-06T00:00:00.000Z' })))
  await putTens(current(), 10)
  await it.put(batchOf(visitChanges(10, 19, { partition: 1 })))
  assert.equal((await compacting.compact({}, { throughDay: '20240304' })).written, 0)
  assert.equal((await compacting.compact({}, { storedBefore: Date.now() - 3_600_000 })).written, 0)
  assert.equal((await compacting.compact({}, { largestBytes: 10 })).written, 0)
  assert.equal((await compacting.compact({}, { throughDay: '20240305' })).written, 2)
  assert.equal((await compacting.compact()).written, 1)
  const objects = await listChanges(it.deps.lake, 'visits')
  assert.deepEqual(
    objects.map((each) => {
      const { day, partition } = parseLakeName(each.name)!
      return [day, partition]
    }),
    [
      ['20240305', 0],
      ['20240305', 1],
      ['20240306', 0],
    ],
  )
})

test('parts have at least the target where there is so much, and rows of 20 MB survive', async () => {
  const { it, compacting } = current()
  const { randomBytes } = await import('node:crypto')
  const noise = (offset: number, bytes: number) =>
    visitChange(offset, { row: { visit_id: offset, diagnosis: randomBytes(bytes).toString('base64') } })
  const big = visitChange(200, { row: { visit_id: 200, diagnosis: 'x'.repeat(20_000_000) } })
  for (let first = 0; first < 200; first += 20)
    await it.put(batchOf(Array.from({ length: 20 }, (_, n) => noise(first + n, 10_000))))
  await it.put(batchOf([big]))
  const given = { targetBytes: 500_000, pieceBytes: 300_000 }
  const report = await compacting.compact(given)
  assert.deepEqual(report.errors, [])
  const objects = await listChanges(it.deps.lake, 'visits')
  assert.ok(objects.length >= 2, String(objects.length))
  assert.ok(
    objects.every(({ size }) => size >= 500_000 && size < 1_600_000),
    objects.map(({ size }) => size).join(),
  )
  assert.deepEqual(offsetsOf(await compacting.lines()), upTo(0, 200))
  await it.load()
  assert.deepEqual(await it.offsets(), upTo(0, 200))
  const [row] = await it.rows<{ n: number }>(
    `SELECT length("row"->>'diagnosis')::INTEGER AS n FROM raw.visits_changes WHERE "offset" = 200`,
  )
  assert.equal(row!.n, 20_000_000)
  assert.deepEqual(await compacting.compact(given), { replaced: 0, written: 0, changes: 0, errors: [] })
})

test('two batches that contradict each other stay, and so do all that would have been joined with them', async () => {
  const { it, compacting } = current()
  await putTens(current(), 0, 10)
  await it.put(batchOf(visitChanges(5, 14, { txId: 5 })))
  const report = await compacting.compact()
  assert.deepEqual(
    [report.replaced, report.written, report.errors.map(({ code }) => code)],
    [0, 0, ['LAKE_CONFLICT']],
  )
  assert.equal((await compacting.names()).length, 3)
})
