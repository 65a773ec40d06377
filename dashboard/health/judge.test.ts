import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wellObserved } from '../testing/well-observed.ts'
import type { State } from './health.ts'
import { judge } from './judge.ts'
import { limits } from './limits.ts'
import type { Observation } from './observation.ts'
import { bytes, span } from './words.ts'

const AT = '2026-03-01T10:02:10.000Z'
const well = wellObserved(AT)
const before = (seconds: number): string => new Date(Date.parse(AT) - seconds * 1000).toISOString()

function checkOf(change: Partial<Observation>, id: string) {
  const health = judge({ ...well, ...change })
  const check = health.checks.find((each) => each.id === id)
  assert.ok(check, `no check ${id}`)
  return { health, check }
}

test('all is well when all is well, and nothing is to be done', () => {
  const { state, checks } = judge(well)
  assert.equal(state, 'good')
  assert.ok(checks.every((each) => each.state === 'good' && each.todo === undefined))
})

test('what stops, fails or is lost is bad, turns the whole red and says what to do', () => {
  const cases: [change: Partial<Observation>, id: string, says: RegExp][] = [
    [{ parts: [{ name: 'relay', state: 'restarting' }] }, 'parts', /relay restarting/],
    [
      { parts: [{ name: 'relay', state: 'ready', endedAt: before(9) }] },
      'parts',
      /^relay ended 9 seconds ago and runs again$/,
    ],
    [{ parts: null }, 'parts', /no answer/],
    [{ capture: { slot: 'missing', behindBytes: null, connector: 'RUNNING' } }, 'capture', /slot is gone/],
    [{ capture: { slot: 'not read', behindBytes: 1, connector: 'RUNNING' } }, 'capture', /nobody reads/],
    [
      { capture: { slot: null, behindBytes: null, connector: 'RUNNING' } },
      'capture',
      /PostgreSQL does not answer/,
    ],
    [
      { capture: { slot: 'read', behindBytes: 1, connector: 'RUNNING, FAILED' } },
      'capture',
      /RUNNING, FAILED/,
    ],
    [{ capture: { slot: 'read', behindBytes: 1, connector: null } }, 'capture', /Debezium does not answer/],
    [{ relay: null }, 'relay', /does not answer/],
    [{ subscriptions: null }, 'pubsub', /no answer/],
    [{ clickhouse: null }, 'clickhouse', /no answer/],
    [{ deadLetters: 3 }, 'dead-letters', /^3$/],
    [{ deadLetters: null }, 'dead-letters', /does not answer/],
    [
      { reconcile: { at: before(60), result: 'different', failed: ['visits in lake'] } },
      'reconcile',
      /different: visits in lake/,
    ],
    [
      { dbt: { at: before(60), result: 'failed', failed: ['a', 'b', 'c', 'd'] } },
      'dbt',
      /failed: a, b, c and more/,
    ],
    [{ warehouse: null }, 'data', /no reports yet/],
    [{ warehouse: { committedAt: null, loadedAt: null, publishedAt: null, rows: 0 } }, 'data', /empty/],
  ]
  for (const [change, id, says] of cases) {
    const { health, check } = checkOf(change, id)
    assert.deepEqual([health.state, check.state], ['bad', 'bad'], id)
    assert.match(check.value, says)
    assert.ok((check.todo ?? '').length > 10, id)
  }
})

test('what to do on Google Cloud is done on Google Cloud, and a run of dbt that is still to come is not late', () => {
  const { parts, ...seen } = well
  assert.ok(parts)
  const gone: Observation = {
    ...seen,
    place: 'cloud',
    capture: null,
    relay: null,
    deadLetters: 1,
    warehouse: { ...well.warehouse!, committedAt: before(limits.dataAgeSeconds.bad) },
    reconcile: null,
    dbt: null,
  }
  for (const each of [
    gone,
    { ...gone, subscriptions: null, reconcile: { at: before(1e6), result: 'equal', failed: [] } },
  ]) {
    const { checks } = judge(each)
    assert.ok(checks.filter(({ state }) => state === 'bad').length >= 4)
    assert.doesNotMatch(JSON.stringify(checks), /npm run|\.local/)
  }
  const state = (seconds: number) =>
    checkOf({ place: 'cloud', warehouse: { ...well.warehouse!, committedAt: before(seconds) } }, 'data').check
      .state
  assert.deepEqual([3599, 3600, 7200].map(state), ['good', 'late', 'bad'])
})

test('a part that ended by itself is good again once all had the time to see it', () => {
  const { check } = checkOf({ parts: [{ name: 'relay', state: 'ready', endedAt: before(10) }] }, 'parts')
  assert.deepEqual([check.state, check.value], ['good', 'all 1 run'])
})

test('each limit counts from the very figure on', () => {
  const at = (
    id: string,
    change: (figure: number) => Partial<Observation>,
    { late, bad }: { late: number; bad: number },
  ) => {
    const states = [late - 1, late, bad - 1, bad].map(
      (figure): State => checkOf(change(figure), id).check.state,
    )
    assert.deepEqual(states, ['good', 'late', 'late', 'bad'], id)
  }
  at(
    'capture',
    (behindBytes) => ({ capture: { slot: 'read', behindBytes, connector: 'RUNNING' } }),
    limits.walBytes,
  )
  at('relay', (openRecords) => ({ relay: { ...well.relay!, openRecords } }), limits.openRecords)
  const message = (oldestSeconds: number) => ({
    subscriptions: [{ name: 'lake-sink', open: 1, oldestSeconds, total: 1, perMinute: 1 }],
  })
  at('subscription-lake-sink', message, limits.oldestMessageSeconds)
  const shown = (seconds: number) => ({
    warehouse: { ...well.warehouse!, committedAt: before(seconds) },
    relay: { ...well.relay!, newestCommitAt: before(1) },
  })
  at('data', shown, limits.dataAgeSeconds)
  at(
    'reconcile',
    (seconds) => ({ reconcile: { at: before(seconds), result: 'equal', failed: [] } }),
    limits.reconcileAgeSeconds,
  )
})

test('data is not old when nothing newer is known, however long ago it was written', () => {
  const quiet = before(9 * 3600)
  const change = {
    warehouse: { ...well.warehouse!, committedAt: quiet },
    relay: { ...well.relay!, newestCommitAt: null },
    clickhouse: { ...well.clickhouse!, committedAt: quiet },
  }
  assert.deepEqual(
    [checkOf(change, 'data').check.value, checkOf(change, 'data').check.state],
    ['as new as PostgreSQL', 'good'],
  )
})

test('what an environment does not tell is no check, and what has not run yet is unknown', () => {
  const { state, checks } = judge({
    at: AT,
    warehouse: well.warehouse!,
    deadLetters: 0,
    reconcile: null,
    dbt: well.dbt!,
  })
  assert.deepEqual(
    checks.map(({ id }) => id),
    ['data', 'rate', 'dead-letters', 'reconcile', 'dbt'],
  )
  assert.equal(state, 'unknown')
})

test('hops stand in the order of the data and carry the state of their checks', () => {
  const { hops } = judge({ ...well, relay: null })
  assert.deepEqual(
    hops.map(({ id, state }) => [id, state]),
    [
      ['kafka', 'good'],
      ['pubsub', 'bad'],
      ['lake-sink', 'good'],
      ['clickhouse-sink', 'good'],
      ['oltp-sink', 'good'],
      ['dead-letter-sink', 'good'],
      ['warehouse', 'good'],
      ['marts', 'good'],
    ],
  )
})

test('spans and sizes are in words of people', () => {
  assert.deepEqual([0, 1, 59, 60, 3599, 3600, 7200, 86_400].map(span), [
    '0 seconds',
    '1 second',
    '59 seconds',
    '1 minute',
    '59 minutes',
    '1 hour',
    '2 hours',
    '1 day',
  ])
  assert.deepEqual([0, 1023, 1024, 10 * 1024 ** 2, 1.5 * 1024 ** 3].map(bytes), [
    '0 bytes',
    '1023 bytes',
    '1.0 KB',
    '10 MB',
    '1.5 GB',
  ])
})
