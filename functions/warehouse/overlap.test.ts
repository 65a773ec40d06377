import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OffsetRange, spans, splitByOverlap } from './overlap.ts'

const range = (firstOffset: number, lastOffset: number, partition = 0, topic = 't'): OffsetRange => ({
  topic,
  partition,
  firstOffset,
  lastOffset,
})

test('ranges that touch no other stand apart', () => {
  const ranges = [range(10, 19), range(0, 9), range(0, 9, 1), range(0, 9, 0, 'u'), range(30, 30)]
  assert.deepEqual(splitByOverlap(ranges, [range(20, 29), range(31, 40)]), { apart: ranges, overlapping: [] })
})

test('both of two that share an offset overlap, and so does one inside a wide one', () => {
  const wide = range(0, 100)
  const inside = range(40, 41)
  const edge = range(100, 120)
  const free = range(121, 130)
  const split = splitByOverlap([free, edge, inside, wide], [])
  assert.deepEqual(split, { apart: [free], overlapping: [edge, inside, wide] })
})

test('a range that is loaded already overlaps', () => {
  const again = range(5, 9)
  assert.deepEqual(splitByOverlap([again], [range(9, 9)]).overlapping, [again])
  assert.deepEqual(splitByOverlap([again], [range(10, 19)]).apart, [again])
})

test('the sweep finds what comparing each with each finds', () => {
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648
    return seed % below
  }
  const make = () => {
    const first = random(60)
    return range(first, first + random(6), random(2))
  }
  for (let round = 0; round < 300; round++) {
    const ranges = Array.from({ length: random(8) }, make)
    const done = Array.from({ length: random(4) }, make)
    const meets = (a: OffsetRange, b: OffsetRange) =>
      a !== b && a.partition === b.partition && a.firstOffset <= b.lastOffset && b.firstOffset <= a.lastOffset
    const expected = ranges.filter((a) => [...ranges, ...done].some((b) => meets(a, b)))
    assert.deepEqual(splitByOverlap(ranges, done).overlapping, expected)
  }
})

test('a span covers all ranges of its partition', () => {
  assert.deepEqual(spans([range(5, 9), range(1, 2), range(3, 3, 1)]), [range(1, 9), range(3, 3, 1)])
})
