import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startMockMonitoring } from '../testing/mock-monitoring.ts'
import { wellMonitored } from '../testing/well-monitored.ts'
import { metricQueries } from './monitoring.ts'
import { type PromqlOptions, promql } from './promql.ts'

const monitored = { environment: 'demo', subscriptions: ['lake-sink', 'oltp-sink'] }
const GROUPED = ['openMessages', 'oldestMessage', 'messagesPerMinute']

let mock: Awaited<ReturnType<typeof startMockMonitoring>>
before(async () => {
  mock = await startMockMonitoring(wellMonitored('2026-03-01T10:00:00.000Z'))
})
after(() => mock.stop())

/**
 * The mock, and with PROMQL_URL (as `projectQueryUrl` has it, or of any Prometheus: `http://host:9090/api/v1/query`) a
 * real one; PROMQL_TOKEN is what `gcloud auth print-access-token` gives.
 */
const { PROMQL_URL: realUrl, PROMQL_TOKEN: token } = process.env
const places: Record<string, () => PromqlOptions> = {
  'the mock': () => ({ url: mock.url, headers: async () => new Headers() }),
  ...(realUrl && {
    [realUrl]: () => ({
      url: realUrl,
      headers: async () => new Headers(token ? { Authorization: `Bearer ${token}` } : {}),
    }),
  }),
}

for (const [place, options] of Object.entries(places)) {
  test(`${place} takes each query of the page and answers one sample a group`, async () => {
    const ask = promql(options())
    for (const [name, query] of Object.entries(metricQueries(monitored))) {
      const samples = await ask(query)
      if (place === 'the mock') assert.ok(samples.length > 0, name)
      if (!GROUPED.includes(name)) assert.ok(samples.length <= 1, `${name}: ${samples.length}`)
      for (const { labels } of samples)
        assert.deepEqual(Object.keys(labels), GROUPED.includes(name) ? ['subscription_id'] : [], name)
    }
  })

  test(`${place} refuses what is no query with 400`, async () => {
    await assert.rejects(promql(options())('sum('), /status=400/)
  })
}
