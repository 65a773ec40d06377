import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { manifest } from '@pipeline/functions/manifest.ts'
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
