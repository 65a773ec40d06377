import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cutAt, minus, share, union } from './offsets.ts'

const range = (first: number, last = first) => ({ first, last })

test('ranges are joined, subtracted and cut as sets of offsets are', () => {
  const sets = (ranges: { first: number; last: number }[]) =>
    new Set(
      ranges.flatMap(({ first, last }) => Array.from({ length: last - first + 1 }, (_, n) => first + n)),
    )
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed % below
  }
  const some = () =>
    Array.from({ length: random(5) }, () => {
      const first = random(30)
      return range(first, first + random(6))
    })
  for (let round = 0; round < 2000; round++) {
    const [a, b] = [some(), some()]
    assert.deepEqual(sets(union(a)), new Set([...sets(a)].sort((x, y) => x - y)))
    assert.deepEqual(
      [...sets(minus(a, b))].sort((x, y) => x - y),
      [...sets(a).difference(sets(b))].sort((x, y) => x - y),
    )
    assert.equal(share(a, b), !sets(a).isDisjointFrom(sets(b)))
    const at = random(30)
    const { below, from } = cutAt(union(a), at)
    assert.deepEqual(sets(below), new Set([...sets(union(a))].filter((offset) => offset < at)))
    assert.deepEqual(sets(from), new Set([...sets(union(a))].filter((offset) => offset >= at)))
  }
  assert.deepEqual(union([range(3), range(1, 2), range(7)]), [range(1, 3), range(7)])
})
