import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReportStore } from '@pipeline/dashboard/reports/store.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { readSettings, settingNames } from '../settings.ts'
import { apiError, startFakeBigquery } from '../testing/fake-bigquery.ts'
import { bigqueryStores, cloudHealth } from './cloud.ts'

const marts = (fails?: PipelineError): ReportStore => ({
  rows: async () => {
    if (fails) throw fails
    return []
  },
  pages: async function* () {},
  version: async () => undefined,
  close: async () => {},
})

test('the page asks for its own environment and every subscription, and for nothing where none is monitored', async () => {
  const asked: string[] = []
  const ask = async (query: string) => {
    asked.push(query)
    return [{ labels: { subscription_id: 'demo-lake-sink' }, value: 1 }]
  }
  const settings = { GOOGLE_CLOUD_PROJECT: 'a-project', MONITORED_ENVIRONMENT: 'demo' }
  const health = cloudHealth(marts(), settings, { error: () => assert.fail('nothing fails') }, ask)
  const [{ hops }] = await Promise.all([health.read(), health.read()])
  assert.deepEqual(
    hops.map(({ id }) => id),
    [
      'kafka',
      'pubsub',
      'lake-sink',
      'clickhouse-sink',
      'dead-letter-sink',
      'oltp-sink',
      'alert-sink',
      'warehouse',
      'marts',
    ],
  )
  assert.equal(asked.length, 12)
  asked.length = 0
  const none = cloudHealth(marts(), { ...settings, MONITORED_ENVIRONMENT: undefined }, { error() {} }, ask)
  assert.ok(!(await none.read()).checks.some(({ id }) => id === 'relay'))
  assert.deepEqual(asked, [])
})

test('marts that can not be read are logged by their code, and the hops are shown all the same', async () => {
  const logged: object[] = []
  const health = cloudHealth(
    marts(new PipelineError('REPORTS_UNAVAILABLE', { reason: 'accessDenied' })),
    { GOOGLE_CLOUD_PROJECT: 'a-project', MONITORED_ENVIRONMENT: 'demo' },
    { error: (context: object) => void logged.push(context) },
    async () => [{ labels: { subscription_id: 'demo-lake-sink' }, value: 1 }],
  )
  const { checks } = await health.read()
  const stateOf = (id: string) => checks.find((each) => each.id === id)?.state
  assert.deepEqual([stateOf('data'), stateOf('relay')], ['bad', 'good'])
  assert.equal(logged.length, 1)
  assert.match(JSON.stringify(logged[0]), /"code":"REPORTS_UNAVAILABLE"/)
})

test('a change is looked for in the dataset of views, within a limit of bytes of its own', async () => {
  const fake = await startFakeBigquery()
  try {
    fake.answer(() => apiError(403, 'accessDenied'))
    const settings = readSettings(settingNames.dashboard, {
      GOOGLE_CLOUD_PROJECT: 'test-project',
      WAREHOUSE: 'bigquery',
      BIGQUERY_LOCATION: 'EU',
      BIGQUERY_MARTS_DATASET: 'demo_marts',
      BIGQUERY_TRAIL_DATASET: 'demo_trail',
      BIGQUERY_EMULATOR_HOST: fake.bigquery.apiEndpoint,
    })
    const { follower } = bigqueryStores(settings)
    await assert.rejects(follower.follow('visits', '17'), { code: 'FOLLOW_UNAVAILABLE' })
    const { query } = (fake.asked[0]!.body as { configuration: { query: Record<string, string> } })
      .configuration
    assert.match(query.query!, /from `test-project`\.`demo_trail`\.visits\b/)
    assert.equal(query.maximumBytesBilled, String(20 * 1024 ** 3))
  } finally {
    await fake.stop()
  }
})
