import assert from 'node:assert/strict'
import { test } from 'node:test'
import { union } from '@pipeline/hospital/offsets.ts'
import { holes, missing, size } from './ranges.ts'

test('ranges that touch or overlap are one', () => {
  const ranges = [
    { first: 10, last: 19 },
    { first: 0, last: 4 },
    { first: 5, last: 7 },
    { first: 12, last: 15 },
  ]
  assert.deepEqual(union(ranges), [
    { first: 0, last: 7 },
    { first: 10, last: 19 },
  ])
  assert.deepEqual(ranges[1], { first: 0, last: 4 }, 'the input is left alone')
})

test('what is missing is counted from the first offset to the end, ends included as they are', () => {
  const ranges = [
    { first: 2, last: 3 },
    { first: 6, last: 20 },
  ]
  assert.deepEqual(missing(ranges, 0, 10), [
    { first: 0, last: 1 },
    { first: 4, last: 5 },
  ])
  assert.deepEqual(missing([], 5, 5), [])
  assert.deepEqual(missing([], 5, 7), [{ first: 5, last: 6 }])
  assert.equal(size(missing(ranges, 0, 25)), 8)
})

test('a hole has something behind it, the open end has not', () => {
  const ranges = [
    { first: 0, last: 3 },
    { first: 6, last: 7 },
  ]
  assert.deepEqual(holes(missing(ranges, 0, 12), ranges), [{ first: 4, last: 5 }])
  assert.deepEqual(holes(missing([], 0, 12), []), [])
})
