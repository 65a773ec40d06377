import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OffsetTracker } from './offsets.ts'

test('invariant 1: an offset is committed only when everything below it has been taken', () => {
  const offsets = new OffsetTracker()
  const [first, second, third] = [offsets.track(10), offsets.track(20), offsets.track(30)]
  third()
  second()
  assert.equal(offsets.toCommit(), undefined)
  first()
  assert.equal(offsets.toCommit(), 30)
  offsets.markCommitted(30)
  assert.equal(offsets.toCommit(), undefined)
  assert.equal(offsets.pending, 0)
})

test('what is done again, or never, moves nothing', () => {
  const offsets = new OffsetTracker()
  const first = offsets.track(10)
  offsets.track(20)
  first()
  first()
  assert.equal(offsets.toCommit(), 10)
  assert.equal(offsets.pending, 1)
})

test('a forgotten commit is due again without progress', () => {
  const offsets = new OffsetTracker()
  offsets.forgetCommitted()
  assert.equal(offsets.toCommit(), undefined)
  offsets.track(10)()
  offsets.markCommitted(10)
  offsets.forgetCommitted()
  assert.equal(offsets.toCommit(), 10)
})
