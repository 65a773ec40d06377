import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { type Series, startMockMonitoring } from '../testing/mock-monitoring.ts'
import { lag, own, wellMonitored } from '../testing/well-monitored.ts'
import { judge } from './judge.ts'
import { metricsObservation } from './monitoring.ts'
import type { Observation } from './observation.ts'
import { observedHealth } from './observed.ts'
import { promql } from './promql.ts'
import { shared } from './source.ts'

const NEWEST = Date.parse('2026-03-01T10:00:00.000Z')
let mock: Awaited<ReturnType<typeof startMockMonitoring>>
let logged: string[]
before(async () => {
  mock = await startMockMonitoring()
})
after(() => mock.stop())
beforeEach(() => {
  mock.series = wellMonitored(new Date(NEWEST).toISOString())
  mock.failures = []
  mock.asked.length = 0
  logged = []
})

const look = (): Promise<Partial<Observation>> =>
  metricsObservation(
    promql({
      url: mock.url,
      headers: async () => new Headers({ Authorization: 'Bearer token' }),
      againMs: 1,
      timeoutMs: 500,
    }),
    { environment: 'demo', subscriptions: ['lake-sink', 'oltp-sink'] },
    { error: (context, message) => logged.push(`${message} ${JSON.stringify(context)}`) },
  )()
const askedTimes = (): number[] => {
  const times = Object.values(Object.groupBy(mock.asked, ({ query }) => query)).map((each) => each!.length)
  return [...new Set(times)].sort()
}
const named = (name: string) => mock.series.filter((each) => each.name === name)
const without = (name: RegExp) => mock.series.filter((each) => !name.test(each.name))
const aged = (name: RegExp, seconds: number): Series[] =>
  mock.series.map((each) =>
    name.test(each.name)
      ? { ...each, points: each.points.map(([ago, value]) => [ago + seconds, value] as const) }
      : each,
  )
const checkOf = (seen: Partial<Observation>, id: string) =>
  judge({ at: new Date(NEWEST).toISOString(), ...seen }).checks.find((each) => each.id === id)

test('each hop is as Cloud Monitoring last has it', async () => {
  assert.deepEqual(await look(), {
    place: 'cloud',
    capture: { slot: 'read', behindBytes: 4096 },
    kafka: { total: 795, perMinute: 680 },
    relay: { total: 760, perMinute: 660, openRecords: 35, newestCommitAt: '2026-03-01T10:00:00.000Z' },
    subscriptions: [
      { name: 'lake-sink', open: 3, oldestSeconds: 4, total: null, perMinute: 30 },
      { name: 'oltp-sink', open: 0, oldestSeconds: 0, total: null, perMinute: null },
    ],
  })
  assert.ok(mock.asked.every(({ authorization }) => authorization === 'Bearer token'))
  assert.deepEqual(logged, [])
})

test('a counter that starts again gives no negative rate, and a backlog that shrinks takes nothing from Kafka', async () => {
  mock.series = [
    ...without(/^relay_(changes|lag)/),
    own(
      'relay_changes_total',
      [
        [10, 90],
        [40, 30],
        [70, 5000],
      ],
      { table: 'visits' },
    ),
    lag('visits', [
      [10, 0],
      [70, 5000],
    ]),
  ]
  const { relay, kafka } = await look()
  assert.deepEqual([relay!.total, relay!.perMinute, kafka!.perMinute], [90, 90, 0])
})

test('what is older than some readings is no answer: a VM that is down is red with what to do', async () => {
  mock.series = aged(/^(relay|capture)_/, 200)
  const seen = await look()
  assert.deepEqual([seen.capture, seen.relay, seen.kafka], [null, null, null])
  assert.equal(seen.subscriptions!.length, 2)
  for (const id of ['capture', 'relay']) {
    const { state, todo } = checkOf(seen, id)!
    assert.equal(state, 'bad')
    assert.match(todo!, /The VM is silent/)
  }
  mock.series = aged(/^(relay|capture)_/, -60)
  assert.notEqual((await look()).relay, null)
})

test('a VM and the one that took its place are not counted twice', async () => {
  mock.series = [
    ...mock.series,
    lag(
      'visits',
      [
        [100, 7],
        [130, 7],
      ],
      { instance: 'before' },
    ),
  ]
  assert.equal((await look()).relay!.openRecords, 35)
})

test('another environment in the project is not looked at', async () => {
  mock.series = mock.series.map((each) => ({
    ...each,
    labels: {
      ...each.labels,
      ...(each.labels.environment ? { environment: 'test' } : {}),
      ...(each.labels.subscription_id
        ? { subscription_id: each.labels.subscription_id.replace('demo', 'demo-2') }
        : {}),
    },
  }))
  const { capture, relay, subscriptions } = await look()
  assert.deepEqual([capture, relay, subscriptions], [null, null, null])
})

test('a slot that is gone or that nobody reads is told from one that the guard does not tell of', async () => {
  named('capture_slot_active')[0]!.points = [[10, 0]]
  assert.equal((await look()).capture!.slot, 'not read')
  named('capture_slot_exists')[0]!.points = [[10, 0]]
  assert.deepEqual((await look()).capture, { slot: 'missing', behindBytes: null })
  mock.series = without(/slot_active/)
  assert.equal((await look()).capture, null)
  mock.series = wellMonitored(new Date(NEWEST).toISOString())
  mock.series = [...without(/slot_retained/), own('capture_slot_retained_bytes', [[10, Number.NaN]])]
  assert.equal((await look()).capture, null)
})

test('a relay that has read nothing since it started is no relay that is down', async () => {
  mock.series = [...without(/^relay_/), own('relay_messages_total', [[10, 0]])]
  assert.deepEqual((await look()).relay, { total: 0, perMinute: null, openRecords: 0, newestCommitAt: null })
})

test('a subscription that nobody tells of is bad, and so is one whose oldest message is not known', async () => {
  mock.series = mock.series.filter(
    ({ name, labels }) => labels.subscription_id !== 'demo-lake-sink' || !name.endsWith('_message_age'),
  )
  const seen = await look()
  assert.deepEqual(
    seen.subscriptions!.map(({ open }) => open),
    [null, 0],
  )
  const check = checkOf(seen, 'subscription-lake-sink')!
  assert.equal(check.state, 'bad')
  assert.match(check.todo!, /subscription is there/)
  mock.series = aged(/^pubsub/, 300)
  assert.equal((await look()).subscriptions, null)
  mock.series = []
  assert.equal((await look()).subscriptions, null)
})

test('what is refused is logged by its status, without what the answer says, and no hop is taken for good', async () => {
  mock.failures = Array(20).fill(403)
  const seen = await look()
  assert.deepEqual([seen.capture, seen.relay, seen.subscriptions], [null, null, null])
  assert.equal(logged.length, 3)
  for (const line of logged) {
    assert.match(line, /MONITORING_UNAVAILABLE.*status=403/)
    assert.doesNotMatch(line, /Erika/)
  }
  assert.deepEqual(askedTimes(), [1], 'a right that is missing is not asked for twice')
})

test('what may pass is asked for once more, and then left for the next look', async () => {
  mock.failures = [503, 429]
  assert.notEqual((await look()).relay, null)
  assert.deepEqual([mock.asked.length, askedTimes(), logged], [14, [1, 2], []])
  mock.asked.length = 0
  mock.failures = Array(30).fill(503)
  assert.equal((await look()).relay, null)
  assert.equal(askedTimes().at(-1), 2)
})

test('an answer that is no vector, and none at all, are errors of their own', async () => {
  const ask = promql({ url: mock.url, headers: async () => new Headers(), againMs: 1 })
  await assert.rejects(ask('up'), /status=400/)
  const nobody = promql({ url: 'http://127.0.0.1:1/query', headers: async () => new Headers(), againMs: 1 })
  await assert.rejects(nobody('up'), { code: 'MONITORING_UNAVAILABLE' })
})

test('marts and metrics make one panel, and viewers do not multiply the calls', async () => {
  let marts = 0
  const health = observedHealth(
    [
      shared(async () => {
        marts += 1
        return {
          deadLetters: 2,
          warehouse: {
            committedAt: '2026-03-01T09:00:00.000Z',
            loadedAt: null,
            publishedAt: null,
            rows: null,
          },
        }
      }, 60_000),
      shared(look, 60_000),
    ],
    () => new Date(NEWEST + 60_000),
  )
  const [health1] = await Promise.all([health.read(), health.read(), health.read()])
  assert.deepEqual([marts, mock.asked.length], [1, 12])
  assert.equal(health1.at, '2026-03-01T10:01:00.000Z')
  const said = Object.fromEntries(health1.checks.map(({ id, state, value }) => [id, `${state}: ${value}`]))
  assert.deepEqual(said, {
    data: 'late: 1 hour old',
    rate: 'good: 660',
    'dead-letters': 'bad: 2',
    reconcile: said.reconcile,
    dbt: said.dbt,
    capture: 'good: 4.0 KB of WAL open',
    relay: 'good: 35 records open',
    'subscription-lake-sink': 'good: 3 messages open, the oldest 4 seconds',
    'subscription-oltp-sink': 'good: 0 messages open',
  })
  assert.deepEqual(
    health1.hops.map(({ id, perMinute }) => [id, perMinute]),
    [
      ['kafka', 680],
      ['pubsub', 660],
      ['lake-sink', 30],
      ['oltp-sink', null],
      ['warehouse', null],
      ['marts', null],
    ],
  )
})
