import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packs } from './packs.ts'

test('packs keep the order and the limit, and nothing is left out', () => {
  const cut = (sizes: number[]) =>
    packs(
      sizes.map((bytes) => ({ bytes })),
      10,
    ).map((pack) => pack.map((each) => each.bytes))
  assert.deepEqual(cut([4, 6, 1, 9, 25, 3, 8]), [[4, 6], [1, 9], [25], [3], [8]])
  assert.deepEqual(cut([]), [])
  assert.deepEqual(cut([99]), [[99]])
})
