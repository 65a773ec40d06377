import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describePlan, type Fault, planOf } from './plan.ts'

const seeds = Array.from({ length: 200 }, (_, at) => at + 1)

test('the same seed gives the same plan, another seed another one', () => {
  for (const seed of seeds) assert.deepEqual(planOf(seed), planOf(seed))
  assert.equal(new Set(seeds.map((seed) => describePlan(planOf(seed)))).size, seeds.length)
})

test('every plan has every kind of fault, within the time of the stream and in order', () => {
  for (const seed of seeds) {
    const { faults, streamMs, weather } = planOf(seed)
    const of = <K extends Fault['kind']>(kind: K) =>
      faults.filter((fault): fault is Extract<Fault, { kind: K }> => fault.kind === kind)
    const killed = of('kill').map(({ part }) => part)
    for (const part of ['relay', 'lake-sink', 'clickhouse-sink', 'oltp-sink'])
      assert.ok(killed.includes(part))
    assert.ok(killed.some((part) => ['pubsub', 'gcs', 'clickhouse'].includes(part)))
    assert.deepEqual(new Set(of('disturb').map(({ how }) => how.kind)), new Set(['errors', 'cut', 'hold']))
    assert.deepEqual([of('refuse').length, of('slow').length], [1, 1])
    assert.ok(
      of('clock').some(({ byMs }) => byMs <= -60_000) && of('clock').some(({ byMs }) => byMs >= 60_000),
    )
    const ends = of('kill').filter(({ part }) => ['relay', 'pubsub'].includes(part))
    const lastEnd = Math.max(...ends.map(({ atMs }) => atMs))
    assert.ok(of('clock').some(({ atMs, byMs }) => byMs < 0 && atMs >= lastEnd + 0.25 * streamMs))
    assert.ok(weather.shuffle && weather.duplicateRate > 0 && weather.lostAnswerRate > 0)
    const moments = faults.map(({ atMs }) => atMs)
    assert.ok(
      moments.every((moment, at) => moment > 0 && moment < streamMs && moment >= (moments[at - 1] ?? 0)),
    )
  }
})

test('the seeds of the test suite have each emulator die', () => {
  const dead = [1, 2, 3, 4, 5].flatMap((seed) =>
    planOf(seed).faults.flatMap((fault) => (fault.kind === 'kill' ? [fault.part] : [])),
  )
  for (const emulator of ['pubsub', 'gcs', 'clickhouse']) assert.ok(dead.includes(emulator), emulator)
})

test('a plan in words names each fault with its moment', () => {
  const plan = planOf(3)
  const lines = describePlan(plan).split('\n')
  assert.equal(lines.length, plan.faults.length + 1)
  assert.ok(lines[0]!.startsWith('seed 3: 12.0 s of '))
  assert.ok(lines.some((line) => /at +\d+\.\d s relay is killed/.test(line)))
  assert.ok(lines.some((line) => /the relay's clock jumps back by \d/.test(line)))
})
