import assert from 'node:assert/strict'
import test from 'node:test'
import { Pacer } from './pacer.ts'

test('the rate is kept without drift, however uneven the ticks', () => {
  const pacer = new Pacer(333.3, 3, 1000)
  let done = 0
  for (let now = 1000; now < 61_000; now += 37 + (now % 91)) {
    const due = pacer.due(now)
    pacer.done(due)
    done += due
    assert.ok(Math.abs(done - (333.3 * (now - 1000)) / 1000) <= 1)
  }
  assert.equal(pacer.skipped, 0)
})

test('a slow rate adds up over ticks', () => {
  const pacer = new Pacer(2, 3, 0)
  assert.deepEqual(
    [100, 400, 500, 600].map((now) => pacer.due(now)),
    [0, 0, 1, 1],
  )
})

test('what was done beyond the due is not due later', () => {
  const pacer = new Pacer(100, 3, 0)
  pacer.done(pacer.due(100) + 9)
  assert.equal(pacer.due(150), 0)
  assert.equal(pacer.due(200), 1)
})

test('after a stall no more than the limit is caught up, and the rest is told', () => {
  const pacer = new Pacer(100, 3, 0)
  assert.equal(pacer.due(10_000), 300)
  assert.equal(pacer.skipped, 700)
  pacer.done(300)
  assert.equal(pacer.due(10_100), 10)
  assert.equal(pacer.skipped, 700)
})
