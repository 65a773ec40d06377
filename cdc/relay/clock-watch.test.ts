import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClockWatch } from './clock-watch.ts'

test('a wall clock that is set back is noticed once; one that goes on, drifts or is set forth is not', () => {
  let [wall, steady] = [1_000_000, 500]
  const watch = new ClockWatch(
    () => wall,
    () => steady,
  )
  const pass = (wallMs: number, steadyMs: number): number => {
    wall += wallMs
    steady += steadyMs
    return watch.setBackBy()
  }
  assert.equal(pass(5_000, 5_000), 0)
  assert.equal(pass(4_400, 5_000), 0)
  assert.equal(pass(3_600_000, 1_000), 0)
  assert.equal(pass(-7_199_000, 1_000), 7_200_000)
  assert.equal(pass(1_000, 1_000), 0)
})
