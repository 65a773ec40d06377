import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { readMeasured } from './facts.ts'
import { report } from './report.ts'
import { costs, dayCurve, functionStages, messagesADay, simulateDay } from './simulate.ts'

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'scale.md'), 'utf8')

test('docs/scale.md shows what the simulation says now, from the figures of README', () => {
  assert.ok(page.includes(report()), `put this into docs/scale.md:\n\n${report()}`)
  const { debezium, wholeWay, relay } = readMeasured()
  for (const figure of [debezium, wholeWay, relay])
    assert.ok(page.includes(figure.toLocaleString('en')), String(figure))
  assert.throws(() => readMeasured('no table'), /README has no figure/)
})

test('a day adds up to its changes, and its peak is as high as asked', () => {
  const curve = dayCurve(3)
  assert.ok(Math.abs(curve.reduce((sum, each) => sum + each, 0) - 1) < 1e-9)
  assert.ok(Math.abs(Math.max(...curve) * 1440 - 3) < 0.1)
})

test('a queue: what comes faster than a stage takes waits, and is taken later', () => {
  const flat = Array.from({ length: 1440 }, () => 1 / 1440)
  const stages = [
    { name: 'wide', capacity: 1000 },
    { name: 'narrow', capacity: 50 },
  ]
  const [wide, narrow] = simulateDay(100 * 86_400, stages, flat) as [never, never]
  assert.deepEqual(wide, { name: 'wide', load: 0.1, mostBacklog: 0, delay: 0, keepsUp: true })
  assert.deepEqual(narrow, {
    name: 'narrow',
    load: 2,
    mostBacklog: 50 * 86_400,
    delay: 86_400,
    keepsUp: false,
  })
  // All of a day in its first hour: a stage of a 24th of that rate is busy to the end and just done.
  const burst = Array.from({ length: 1440 }, (_, minute) => (minute < 60 ? 1 / 60 : 0))
  const [slow] = simulateDay(86_400 * 50, [{ name: 'slow', capacity: 50 }], burst)
  assert.equal(slow!.keepsUp, true)
  assert.ok(Math.abs(slow!.delay - 23 * 3600) < 60)
})

test('messages: each change by itself when there are few, four a second and table when there are many', () => {
  const flat = Array.from({ length: 1440 }, () => 1 / 1440)
  assert.ok(Math.abs(messagesADay(86_400, flat) - 86_400) < 1)
  assert.ok(Math.abs(messagesADay(86_400 * 3000, flat) - 86_400 * 12) < 1)
  assert.ok(Math.abs(messagesADay(86_400 * 90_000, flat) - 86_400 * 18) < 1)
})

test('ten and a thousand hospitals stay within what was measured; costs of functions stand still where batches fill', () => {
  const measured = readMeasured()
  const hospital = 25_500
  for (const times of [1, 10, 1000]) {
    const stages = simulateDay(hospital * times, functionStages(measured))
    assert.ok(
      stages.every(({ keepsUp, delay }) => keepsUp && delay === 0),
      `${times} times`,
    )
  }
  assert.ok(simulateDay(hospital * 100_000, functionStages(measured)).some(({ keepsUp }) => !keepsUp))
  const [few, many] = [costs(hospital * 1000), costs(hospital * 10_000)]
  assert.ok(many.functions < few.functions * 3, 'batches, not changes, are what functions cost')
  assert.ok(costs(hospital).functions < costs(hospital).dataflow)
})
