import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { toNdjson } from '@pipeline/hospital/change.ts'
import { batchOf, visitChange, visitChanges } from '../testing/batches.ts'
import { newCompacting } from '../testing/compacting.ts'
import { counts, type LoadingOf, totals, upTo } from '../testing/loading.ts'

/** What a load does on every warehouse. `current` gives the loader that is made anew for each test. */
export function loadingCases(current: () => LoadingOf): void {
  test('invariant 2: twice is once: a load that comes again finds nothing to do', async () => {
    const it = current()
    await it.put(batchOf(visitChanges(0, 9)), { count: '10' })
    await it.put(batchOf(visitChanges(10, 19)))
    assert.deepEqual(totals(await it.load()), counts(2, 20))
    assert.deepEqual(totals(await it.load()), counts(0, 0))
    await it.put(batchOf(visitChanges(20, 20)))
    assert.deepEqual(totals(await it.load()), counts(1, 1))
    assert.deepEqual(await it.offsets(), upTo(0, 20))
  })

  test('invariant 2: twice is once: batches cut elsewhere add only the offsets that are not there', async () => {
    const it = current()
    const cuts: [number, number][] = [
      [5, 14],
      [0, 9],
      [0, 19],
      [19, 25],
      [7, 7],
    ]
    for (const [first, last] of cuts.slice(0, 2)) await it.put(batchOf(visitChanges(first, last)))
    assert.deepEqual(totals(await it.load()), counts(2, 15, 5))
    for (const [first, last] of cuts.slice(2)) await it.put(batchOf(visitChanges(first, last)))
    assert.deepEqual(totals(await it.load()), counts(3, 11, 17))
    assert.deepEqual(await it.offsets(), upTo(0, 25))
    const ledger = await it.ledger()
    assert.equal(
      ledger.reduce((sum, { rows }) => sum + Number(rows), 0),
      26,
    )
  })

  test('invariant 2: a range inside one that is loaded, and one around it', async () => {
    const it = current()
    await it.put(batchOf(visitChanges(10, 19)))
    await it.load()
    await it.put(batchOf(visitChanges(13, 14)))
    assert.deepEqual(totals(await it.load()), counts(1, 0, 2))
    await it.put(batchOf(visitChanges(0, 29)))
    assert.deepEqual(totals(await it.load()), counts(1, 20, 10))
    assert.deepEqual(await it.offsets(), upTo(0, 29))
  })

  test('a load that is too large for one transaction is carried out in parts', async () => {
    const it = current()
    for (let first = 0; first < 100; first += 10) await it.put(batchOf(visitChanges(first, first + 9)))
    let applied = 0
    const at = (point: string) => {
      if (point === 'applied') applied++
    }
    const limits = { objects: 500, bytes: 1024 * 1024, stagedBytes: 1 }
    assert.deepEqual(totals(await it.load({ limits, at })), counts(10, 100))
    assert.equal(applied, 3)
    assert.deepEqual(await it.offsets(), upTo(0, 99))
  })

  test('the same offsets of another partition and of another topic are other changes', async () => {
    const it = current()
    await it.put(batchOf(visitChanges(0, 4)))
    await it.put(batchOf(visitChanges(0, 4, { partition: 1 })))
    await it.put(batchOf(visitChanges(2, 4, { topic: 'restored.public.visits' })))
    assert.deepEqual(totals(await it.load()), counts(3, 13))
    await it.put(batchOf(visitChanges(0, 9, { topic: 'restored.public.visits' })))
    await it.put(batchOf(visitChanges(3, 9, { partition: 1 })))
    assert.deepEqual(totals(await it.load()), counts(2, 12, 5))
  })

  test('invariant 3: order does not matter: late objects of an early day and lower offsets are loaded', async () => {
    const it = current()
    await it.put(batchOf(visitChanges(100, 109)))
    await it.load()
    await it.put(batchOf(visitChanges(50, 59, { committedAt: '2023-12-31T23:59:59.999Z' })))
    assert.deepEqual(totals(await it.load()), counts(1, 10))
    assert.deepEqual(await it.offsets(), [...upTo(50, 59), ...upTo(100, 109)])
  })

  test('invariant 2: offsets count once also when they come again under another day', async () => {
    const it = current()
    await it.put(batchOf(visitChanges(0, 9)))
    await it.load()
    await it.put(batchOf(visitChanges(5, 14, { committedAt: '2024-03-07T00:00:00.000Z' })))
    assert.deepEqual(totals(await it.load()), counts(1, 5, 5))
    assert.deepEqual(await it.offsets(), upTo(0, 14))
  })

  test('an object that is written again is read again, and only offsets that are not there are added', async () => {
    const it = current()
    const batch = batchOf(visitChanges(0, 9))
    await it.put(batch)
    assert.deepEqual(totals(await it.load()), counts(1, 10))
    await it.put(batch)
    assert.deepEqual(totals(await it.load()), counts(1, 0, 10))
    assert.deepEqual(totals(await it.load()), counts(0, 0))
    const gap = [visitChange(20), visitChange(29)]
    await it.put(batchOf(gap))
    assert.deepEqual(totals(await it.load()), counts(1, 2))
    await it.put({ name: batchOf(gap).name, data: gzipSync(toNdjson(visitChanges(20, 29))) })
    assert.deepEqual(totals(await it.load()), counts(1, 8, 2))
    assert.deepEqual(await it.offsets(), [...upTo(0, 9), ...upTo(20, 29)])
  })

  test('a load ends when its time is up, says so, and the next goes on', async () => {
    const it = current()
    for (let first = 0; first < 50; first += 10) await it.put(batchOf(visitChanges(first, first + 9)))
    let clock = Date.now()
    const limits = { objects: 2, bytes: 1024 * 1024, stagedBytes: 1024 * 1024 }
    const now = () => clock
    const at = (point: string) => {
      if (point === 'applied') clock += 600_001
    }
    const first = await it.load({ limits, now, at })
    assert.deepEqual(totals(first), counts(2, 20))
    assert.equal(first.more, true)
    const second = await it.load({ limits })
    assert.deepEqual([totals(second), second.more], [counts(3, 30), false])
  })

  test('a lake that does not answer stops its table with an error, and the next load mends it', async () => {
    const it = current()
    await it.put(batchOf(visitChanges(0, 9)))
    const open = async () => {
      throw new Error('Erika')
    }
    const failed = await it.load({ lake: { ...it.deps.lake, open } })
    assert.equal(failed.tables.visits!.more, true)
    assert.ok(failed.tables.visits!.error)
    assert.doesNotMatch(JSON.stringify(failed), /Erika/)
    assert.deepEqual(totals(await it.load()), counts(1, 10))
  })

  test('invariant 2: a compacted object adds only what its batches did not, also in parts and after a crash', async () => {
    const it = current()
    const compacting = await newCompacting(it.bucket)
    try {
      for (const first of [0, 10, 20]) await it.put(batchOf(visitChanges(first, first + 9)))
      assert.deepEqual(totals(await it.load()), counts(3, 30))
      await compacting.compact()
      assert.deepEqual(totals(await it.load()), counts(1, 0), 'all of it is loaded')
      for (const first of [40, 50, 60]) await it.put(batchOf(visitChanges(first, first + 9)))
      await it.put(batchOf(visitChanges(30, 34)))
      await compacting.compact()
      const limits = { objects: 500, bytes: 1024 * 1024, stagedBytes: 5_000 }
      let parts = 0
      const at = (point: string) => {
        if (point === 'applied' && ++parts === 2) throw new Error('crash')
      }
      const crashed = await it.load({ limits, at })
      assert.ok(crashed.tables.visits!.error)
      const before = (await it.offsets()).length
      assert.ok(before > 30 && before < 65, String(before))
      assert.deepEqual(totals(await it.load({ limits })), counts(1, 65 - before))
      assert.deepEqual(await it.offsets(), [...upTo(0, 34), ...upTo(40, 69)])
      const ledger = await it.ledger()
      assert.equal(
        ledger.reduce((sum, { rows }) => sum + Number(rows), 0),
        65,
      )
      assert.ok(ledger.every(({ state }) => state === 'done'))
    } finally {
      await compacting.remove()
    }
  })
}
