import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Rates } from './rates.ts'

test('a rate is of the last minute, and none is told from one reading', () => {
  const rates = new Rates()
  assert.equal(rates.perMinute('a', 0, 0), null)
  assert.equal(rates.perMinute('a', 100, 10_000), 600)
  for (let second = 20; second <= 200; second += 10) rates.perMinute('a', 100, second * 1000)
  assert.equal(rates.perMinute('a', 100, 210_000), 0)
})

test('counters do not mix, and one that starts again gives no negative rate', () => {
  const rates = new Rates()
  rates.perMinute('a', 500, 0)
  rates.perMinute('b', 0, 0)
  assert.equal(rates.perMinute('b', 10, 30_000), 20)
  assert.equal(rates.perMinute('a', 3, 30_000), null)
  assert.equal(rates.perMinute('a', 9, 40_000), 36)
})
