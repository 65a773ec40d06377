import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import type { Stage } from '../stage.ts'
import { type LogMetrics, logMetric } from './logs.ts'

const [WIDTH, HEIGHT, COLUMNS] = [24, 16, 2]

/** A Cloud Monitoring dashboard as JSON: how far behind, how fresh, how much, what failed, what costs. */
export function dashboardOf(
  { settings, names }: Stage,
  entries: readonly FunctionEntry[],
  metrics: LogMetrics,
): object {
  const mine = `environment="${settings.name}"`
  const services = entries.map(({ name }) => names.of(name)).join('|')
  const subscriptions = entries
    .flatMap(({ trigger }) => (trigger.kind === 'push' ? [names.of(trigger.subscription)] : []))
    .join('|')
  const run = `monitored_resource="cloud_run_revision",service_name=~"${services}"`
  const push = `monitored_resource="pubsub_subscription",subscription_id=~"${subscriptions}"`
  const deadLetters = entries
    .flatMap(({ trigger }) =>
      trigger.kind === 'push' && trigger.deadLetterTopic === null ? [names.of(trigger.subscription)] : [],
    )
    .join('|')
  const charts: [title: string, query: string][] = [
    ['Relay: records in Kafka not read yet', `sum by (topic) (relay_lag_records{${mine}})`],
    ['Relay: changes a second', `sum(rate(relay_changes_total{${mine}}[2m]))`],
    [
      'From commit to Pub/Sub, 95th percentile, s',
      `histogram_quantile(0.95, sum by (le) (rate(relay_commit_to_publish_seconds_bucket{${mine}}[5m])))`,
    ],
    ['WAL kept for the slot, bytes', `max(capture_slot_retained_bytes{${mine}})`],
    [
      'Subscriptions: age of the oldest message, s',
      `max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{${push}})`,
    ],
    [
      'Subscriptions: messages not taken yet',
      `max by (subscription_id) (pubsub_googleapis_com:subscription_num_undelivered_messages{${push}})`,
    ],
    [
      'Functions: requests a second',
      `sum by (service_name) (rate(run_googleapis_com:request_count{${run}}[5m]))`,
    ],
    [
      'Functions: errors a second',
      `sum by (service_name) (rate(run_googleapis_com:request_count{${run},response_code_class="5xx"}[5m]))`,
    ],
    ['Dead letters of the relay a second', `sum by (code) (rate(relay_dead_letters_total{${mine}}[10m]))`],
    [
      'Dead letters in ten minutes',
      `sum(increase(pubsub_googleapis_com:subscription_push_request_count{monitored_resource="pubsub_subscription",subscription_id=~"${deadLetters}"}[10m]))`,
    ],
    [
      'Freshness: minutes since a load succeeded',
      `(time() - max by (service_name) (max_over_time(timestamp(increase(run_googleapis_com:request_count{${run},response_code_class="2xx",service_name=~".*load-.*"}[5m]) > 0)[6h:1m]))) / 60`,
    ],
    [
      'Freshness: how long changes lay in the lake before a load, 95th percentile, s',
      `histogram_quantile(0.95, sum by (le) (increase(${logMetric(metrics.loadWaited)}_bucket{monitored_resource="cloud_run_revision"}[30m])))`,
    ],
    [
      'Cost: processor seconds of functions a second',
      `sum by (service_name) (rate(run_googleapis_com:container_billable_instance_time{${run}}[10m]))`,
    ],
    [
      'Cost: bytes that Pub/Sub bills a second',
      `sum by (topic_id) (rate(pubsub_googleapis_com:topic_byte_cost{monitored_resource="pubsub_topic",topic_id=~"${settings.name}-.*"}[10m]))`,
    ],
    [
      'Cost: bytes that BigQuery bills for queries in an hour (of the whole project)',
      `sum(increase(bigquery_googleapis_com:query_scanned_bytes_billed[1h]))`,
    ],
    [
      'Cost: bytes in the lake',
      `max by (storage_class) (storage_googleapis_com:storage_v2_total_bytes{monitored_resource="gcs_bucket",bucket_name="${names.bucket('lake')}"})`,
    ],
  ]
  return {
    displayName: `Hospital pipeline ${settings.name}`,
    mosaicLayout: {
      columns: WIDTH * COLUMNS,
      tiles: charts.map(([title, prometheusQuery], index) => ({
        xPos: (index % COLUMNS) * WIDTH,
        yPos: Math.floor(index / COLUMNS) * HEIGHT,
        width: WIDTH,
        height: HEIGHT,
        widget: {
          title,
          xyChart: { dataSets: [{ plotType: 'LINE', timeSeriesQuery: { prometheusQuery } }] },
        },
      })),
    },
  }
}
