import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listChanges } from '../reconcile/lake-changes.ts'
import { batchOf, visitChanges } from '../testing/batches.ts'
import { newCompacting } from '../testing/compacting.ts'
import { compactedName, compactionTests, offsetsOf, putTens } from '../testing/compaction.ts'
import { counts, newLoading, totals, upTo } from '../testing/loading.ts'

const current = compactionTests()

const crashAt = (point: string, times = 1) => {
  let left = times
  return (at: string) => {
    if (at === point && --left === 0) throw new Error('crash')
  }
}

test('invariant 2: twice is once: loads before, during and after compaction add each change once', async () => {
  const { it, compacting } = current()
  await putTens(current(), 0, 10)
  assert.deepEqual(totals(await it.load()), counts(2, 20))
  await putTens(current(), 20, 30)
  const during = async (point: string) => {
    if (point === 'planned') await compacting.compact()
  }
  const report = await it.load({ at: during })
  assert.equal(report.totals.broken, 0)
  assert.equal(it.deadLetters.messages.length, 0, 'what compaction replaced is not given up')
  await it.load()
  assert.deepEqual(await it.offsets(), upTo(0, 39))
  assert.deepEqual(totals(await it.load()), counts(0, 0))
  assert.ok((await it.ledger()).every(({ state }) => state === 'done'))
})

test('an object that is gone and in no other is still broken', async () => {
  const { it, compacting } = current()
  await putTens(current(), 0, 10)
  await compacting.compact()
  await putTens(current(), 20)
  const at = async (point: string) => {
    if (point === 'planned')
      await it.bucket.file(batchOf(visitChanges(20, 29)).name).delete({ ignoreNotFound: true })
  }
  assert.equal((await it.load({ at })).totals.broken, 1)
})

for (const [point, times] of [
  ['written', 1],
  ['verified', 1],
  ['removed', 1],
  ['removed', 2],
] as const) {
  test(`invariant 1: a crash after ${times} ${point} leaves all there is, and the next run cleans up`, async () => {
    const { it, compacting } = current()
    await putTens(current(), 0, 10, 20)
    const failed = await compacting.compact({ at: crashAt(point, times) })
    assert.equal(failed.errors.length, 1)
    assert.deepEqual(
      [...new Set(await loadedNow())].sort((a, b) => a - b),
      upTo(0, 29),
    )
    await compacting.compact()
    assert.deepEqual(await compacting.names(), [compactedName(0, 29, 1)])
    assert.deepEqual(offsetsOf(await compacting.lines()), upTo(0, 29))
    await it.load()
    assert.deepEqual(await it.offsets(), upTo(0, 29))
  })
}

async function loadedNow(): Promise<number[]> {
  const { it } = current()
  await it.load()
  return it.offsets()
}

test('a batch that is sent again after compaction, cut elsewhere, is taken in and doubles nothing', async () => {
  const { it, compacting } = current()
  await putTens(current(), 0, 10)
  await it.load()
  await compacting.compact()
  await it.put(batchOf(visitChanges(0, 9)))
  await it.put(batchOf(visitChanges(5, 14)))
  await it.load()
  assert.deepEqual(await it.offsets(), upTo(0, 19))
  assert.deepEqual(await compacting.compact(), { replaced: 2, written: 0, changes: 0, errors: [] })
  assert.deepEqual(await compacting.names(), [compactedName(0, 19, 1)])
  await it.put(batchOf(visitChanges(15, 24)))
  await compacting.compact()
  assert.deepEqual(await compacting.names(), [compactedName(0, 24, 2)])
  await it.load()
  assert.deepEqual(await it.offsets(), upTo(0, 24))
})

test('two compactions at once lose nothing, and the next run leaves one object', async () => {
  const { it, compacting } = current()
  await putTens(current(), 0, 10, 20, 30)
  const other = await newCompacting(it.bucket)
  try {
    await Promise.all([compacting.compact(), other.compact()])
    await putTens(current(), 40)
    await Promise.all([compacting.compact(), it.load(), other.compact()])
    await putTens(current(), 50)
    await compacting.compact()
    await compacting.compact()
    assert.deepEqual(offsetsOf(await compacting.lines()), upTo(0, 59))
    await it.load()
    assert.deepEqual(await it.offsets(), upTo(0, 59))
    assert.equal(it.deadLetters.messages.length, 0)
  } finally {
    await other.remove()
  }
})

test('invariant 1: an object that does not hold what its sources held costs none of them', async () => {
  const { gcs, it, compacting } = current()
  const other = await newLoading(await gcs.newBucket())
  const elsewhere = await newCompacting(other.bucket)
  await other.put(batchOf(visitChanges(0, 19, { txId: 5 })))
  await elsewhere.compact()
  const [fake] = await listChanges(other.deps.lake, 'visits')
  const [bytes] = await other.bucket.file(fake!.name).download()
  await elsewhere.remove()
  await other.remove()
  await putTens(current(), 0, 10)
  const at = async (point: string) => {
    if (point === 'written')
      await it.bucket
        .file(fake!.name)
        .save(bytes, { resumable: false, metadata: { metadata: { count: '20' } } })
  }
  const report = await compacting.compact({ at })
  assert.deepEqual([report.replaced, report.errors.map(({ code }) => code)], [0, ['LAKE_CONFLICT']])
  assert.equal((await listChanges(it.deps.lake, 'visits')).length, 3)
})
