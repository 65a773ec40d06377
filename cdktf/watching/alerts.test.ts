import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createGuardMetrics } from '@pipeline/cdc/guard/metrics.ts'
import { createMetrics } from '@pipeline/cdc/relay/metrics.ts'
import { metricQueries } from '@pipeline/dashboard/health/monitoring.ts'
import { manifest } from '@pipeline/functions/manifest.ts'
import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import { repository } from '../archives/bundle.ts'
import { all, choices, synthesize } from '../testing/synthesized.ts'
import { longestGapMinutes } from './alerts.ts'

const { pipeline } = synthesize({ ...choices.demo!, name: 'second' })
const alerts = all(pipeline, 'google_monitoring_alert_policy')

test('each alert has somebody to tell, a meaning, and a runbook that is there', () => {
  const page = readFileSync(join(repository, 'docs', 'operations.md'), 'utf8')
  const anchors = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title]) =>
    title!.toLowerCase().replaceAll(' ', '-'),
  )
  assert.ok(alerts.length > 10)
  for (const { display_name: name, documentation, notification_channels: channels } of alerts) {
    assert.ok(channels.length > 0, name)
    assert.equal(documentation.links.length, 1, name)
    assert.ok(
      anchors.includes(documentation.links[0].url.split('#')[1]),
      `${name}: ${documentation.links[0].url}`,
    )
    assert.ok(documentation.content.length > 40, name)
  }
})

test('what the issue asks to be watched is watched, and every function too', () => {
  const queries = alerts
    .map((each) => each.conditions[0].condition_prometheus_query_language.query)
    .join('\n')
  for (const metric of [
    'capture_slot_retained_bytes',
    'capture_slot_exists',
    'relay_lag_records',
    'second-dead-letter-sink',
    'user_second_reconcile_different',
    ...manifest.map(({ name }) => `service_name="second-${name}"`),
  ]) {
    assert.ok(queries.includes(metric), metric)
  }
  for (const { conditions } of alerts) {
    const { duration, evaluation_interval: interval } = conditions[0].condition_prometheus_query_language
    assert.equal(Number.parseInt(duration, 10) % Number.parseInt(interval, 10), 0)
  }
})

const subscriptions = manifest.flatMap(({ trigger }) =>
  trigger.kind === 'push' ? [trigger.subscription] : [],
)
const page = Object.values(metricQueries({ environment: 'second', subscriptions })).join('\n')

/** What charts, alerts and the page ask for. */
const asked = [
  page,
  ...alerts.map((each) => each.conditions[0].condition_prometheus_query_language.query),
  ...JSON.parse(all(pipeline, 'google_monitoring_dashboard')[0].dashboard_json).mosaicLayout.tiles.map(
    (tile: { widget: { xyChart: { dataSets: { timeSeriesQuery: { prometheusQuery: string } }[] } } }) =>
      tile.widget.xyChart.dataSets[0]!.timeSeriesQuery.prometheusQuery,
  ),
].join('\n')

test('each metric of ours is one that relay or guard has', () => {
  const known = [createMetrics().registry, createGuardMetrics().registry].flatMap((registry) =>
    registry.getMetricsAsArray().map(({ name }) => name),
  )
  const used = [...asked.matchAll(/\b((?:relay|capture)_[a-z_]+)\{/g)].map(([, name]) => name!)
  assert.ok(used.length >= 8)
  for (const name of used) assert.ok(known.includes(name.replace(/_bucket$/, '')), name)
})

test('the page asks for this environment alone, by labels that the metrics have, and for every subscription', () => {
  const scraped = readFileSync(join(repository, 'cdc', 'vm', 'ops-agent.yaml'), 'utf8')
  assert.equal(scraped.match(/labels: \{environment: ENVIRONMENT\}/g)?.length, 3)
  const own = [...page.matchAll(/\b(?:relay|capture)_\w+\{([^}]*)\}/g)].map(([, labels]) => labels)
  assert.deepEqual([...new Set(own)], ['environment="second"'])
  assert.match(page, /max by \(topic, partition\) \(\w+\(relay_lag_records/)
  createMetrics().lag.set({ topic: 'a', partition: 0 }, 1)
  const made = all(pipeline, 'google_pubsub_subscription').filter((each) => each.push_config)
  const [, ids] = /subscription_id=~"([^"]*)"/.exec(page)!
  assert.deepEqual(ids!.split('|').sort(), made.map(({ name }) => name).sort())
})

test('each metric of the log is made in the stack, of a message and fields that the functions write', () => {
  const made = all(pipeline, 'google_logging_metric')
  const used = new Set([...asked.matchAll(/user_(\w+?)(?:_bucket)?\{/g)].map(([, name]) => name!))
  assert.deepEqual([...used].sort(), made.map(({ name }) => name.replaceAll('-', '_')).sort())
  const sources = { reconciled: 'reconcile/index.ts', 'load is applied': 'loader/group.ts' }
  for (const { filter, value_extractor: value, label_extractors: labels } of made) {
    const message = /jsonPayload\.message="([^"]+)"/.exec(filter)![1] as keyof typeof sources
    const source = readFileSync(join(repository, 'functions', sources[message]), 'utf8')
    const line = source.split('\n').find((each) => each.includes(`'${message}')`))!
    assert.ok(line, message)
    const fields = [filter, value ?? '', JSON.stringify(labels ?? {})]
      .join(' ')
      .matchAll(/jsonPayload\.(\w+)/g)
    for (const [, field] of fields)
      if (field !== 'message') assert.ok(line.includes(field!), `${message} ${field}`)
  }
})

test('each metric of Google is one of those that are known, with the resource that it is written for', () => {
  const known: Record<string, string | undefined> = {
    'bigquery_googleapis_com:query_scanned_bytes_billed': undefined,
    'pubsub_googleapis_com:subscription_num_undelivered_messages': 'pubsub_subscription',
    'pubsub_googleapis_com:subscription_oldest_unacked_message_age': 'pubsub_subscription',
    'pubsub_googleapis_com:subscription_push_request_count': 'pubsub_subscription',
    'pubsub_googleapis_com:topic_byte_cost': 'pubsub_topic',
    'run_googleapis_com:container_billable_instance_time': 'cloud_run_revision',
    'run_googleapis_com:request_count': 'cloud_run_revision',
    'storage_googleapis_com:storage_v2_total_bytes': 'gcs_bucket',
  }
  const used = [...asked.matchAll(/\b((?!logging)\w+_googleapis_com:\w+)(?:\{monitored_resource="(\w+)")?/g)]
  assert.deepEqual([...new Set(used.map(([, name]) => name!))].sort(), Object.keys(known).sort())
  for (const [, name, resource] of used) assert.equal(resource, known[name!], name)
})

test('a failing and a missing run of dbt have alerts of their own', () => {
  const dbt: FunctionEntry = {
    ...manifest.find(({ trigger }) => trigger.kind === 'schedule')!,
    name: 'run-dbt',
    entryPoint: 'run_dbt',
    runtime: 'python313',
  }
  const entries = [...manifest.filter(({ name }) => name !== 'run-dbt'), dbt]
  const policies = synthesize(choices.demo!, { entries }).pipeline.resource.google_monitoring_alert_policy!
  assert.match(policies['alert-failed-run-dbt'].documentation.content, /#dbt-fails$/)
  assert.match(policies['alert-stale-run-dbt'].documentation.content, /#the-warehouse-is-stale$/)
})

test('the gap between two runs is read from the cron line', () => {
  assert.equal(longestGapMinutes('*/5 * * * *'), 5)
  assert.equal(longestGapMinutes('7 * * * *'), 60)
  assert.equal(longestGapMinutes('0 */6 * * *'), 360)
  assert.equal(longestGapMinutes('30 3 * * *'), 1440)
  assert.equal(longestGapMinutes('30 3 * * 1'), 7 * 1440)
})

test('the dashboard is one that Cloud Monitoring takes: tiles that do not overlap, inside its columns', () => {
  const [{ dashboard_json: text }] = all(pipeline, 'google_monitoring_dashboard')
  const { columns, tiles } = JSON.parse(text).mosaicLayout
  assert.ok(columns <= 48)
  const places = tiles.map((tile: { xPos: number; yPos: number; width: number }) => {
    assert.ok(tile.xPos + tile.width <= columns)
    return `${tile.xPos}/${tile.yPos}`
  })
  assert.equal(new Set(places).size, tiles.length)
})

test('a budget is watched where there is one, and no log sink takes what PostgreSQL says', () => {
  assert.equal(all(pipeline, 'google_billing_budget').length, 1)
  assert.deepEqual(all(synthesize(choices['own parts']!).pipeline, 'google_billing_budget'), [])
  const [sink] = all(pipeline, 'google_logging_project_sink')
  assert.match(sink.exclusions[0].filter, /cloudsql_database/)
})
