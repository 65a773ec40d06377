import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Combiner } from './combiner.ts'

function recording(given: {
  everyMs?: number
  most?: number
  fails?: (entries: readonly number[]) => boolean
}) {
  const stores: number[][] = []
  const starts: number[] = []
  const combiner = new Combiner<number>({
    store: async (entries) => {
      starts.push(Date.now())
      await sleep(5)
      if (given.fails?.(entries)) throw new Error(`failed with ${entries.length}`)
      stores.push([...entries])
    },
    splits: (error) => (error as Error).message !== 'failed with 0',
    everyMs: given.everyMs ?? 0,
    most: given.most ?? 100,
  })
  return { stores, starts, combiner }
}

test('what comes while a store runs goes together in the next, and each caller is answered after its own', async () => {
  const { stores, combiner } = recording({})
  const done: number[] = []
  const add = (entries: number[]) => combiner.add(entries).then(() => done.push(entries[0]!))
  const all = [add([1, 2]), add([3]), add([4, 5])]
  await all[0]
  assert.deepEqual([stores, done], [[[1, 2, 3, 4, 5]], [1, 3, 4]])
  const first = add([6])
  await sleep(1)
  await Promise.all([first, add([7]), add([8])])
  assert.deepEqual(stores.slice(1), [[6], [7, 8]])
  await combiner.add([])
  assert.equal(stores.length, 3)
})

test('a store takes no more than its most, but a caller’s entries stay together', async () => {
  const { stores, combiner } = recording({ most: 3 })
  await Promise.all([
    combiner.add([1, 2]),
    combiner.add([3, 4]),
    combiner.add([5, 6, 7, 8]),
    combiner.add([9]),
  ])
  assert.deepEqual(stores, [[1, 2], [3, 4], [5, 6, 7, 8], [9]])
})

test('stores start apart, the first at once, and a full one does not wait', async () => {
  const { starts, combiner } = recording({ everyMs: 150, most: 3 })
  const begun = Date.now()
  await combiner.add([1])
  assert.ok(starts[0]! - begun < 100)
  await combiner.add([2])
  assert.ok(starts[1]! - starts[0]! >= 145, String(starts[1]! - starts[0]!))
  const waiting = combiner.add([3])
  await combiner.add([4, 5])
  await waiting
  assert.ok(starts[2]! - starts[1]! < 100, String(starts[2]! - starts[1]!))
})

test('those that fail together are tried alone, unless nobody answers', async () => {
  const bad = recording({ fails: (entries) => entries.includes(2) })
  const results = await Promise.allSettled([[1], [2], [3]].map((entries) => bad.combiner.add(entries)))
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  )
  assert.deepEqual(bad.stores, [[1], [3]])
  let tries = 0
  const away = new Combiner<number>({
    store: async () => {
      tries++
      throw new Error('away')
    },
    splits: () => false,
    everyMs: 0,
    most: 100,
  })
  await Promise.allSettled([away.add([1]), away.add([2])])
  assert.equal(tries, 1)
})
