import type { Board, Panel } from './panels.ts'

type Line = [expr: string, legend: string]

const lines = (title: string, description: string, unit: string, ...queries: Line[]): Panel => ({
  title,
  description,
  type: 'timeseries',
  unit,
  width: 12,
  height: 8,
  queries: queries.map(([expr, legend]) => ({ store: 'prometheus', expr, legend })),
})

const figure = (
  title: string,
  description: string,
  unit: string,
  expr: string,
  thresholds: { yellow: number; red: number },
): Panel => ({
  title,
  description,
  type: 'stat',
  unit,
  width: 4,
  height: 4,
  thresholds,
  queries: [{ store: 'prometheus', expr, legend: '', instant: true }],
})

/** The pipeline's own health, from the metrics of relay, guard and functions. */
export const pipelineBoard: Board = {
  uid: 'hospital-pipeline',
  title: 'Hospital pipeline',
  description: 'How far behind each hop is, how much goes through, what failed',
  tags: ['hospital', 'pipeline'],
  from: 'now-1h',
  refresh: '10s',
  variables: [],
  panels: [
    figure(
      'Parts that do not answer',
      'Red: look at the container of that name',
      'short',
      'count(up == 0) or vector(0)',
      {
        yellow: 1,
        red: 1,
      },
    ),
    figure('Records open', 'In Kafka, not read by the relay', 'short', 'sum(relay_lag_records)', {
      yellow: 10_000,
      red: 100_000,
    }),
    figure(
      'Commit to Pub/Sub',
      '95th percentile of the last five minutes',
      's',
      'histogram_quantile(0.95, sum by (le) (rate(relay_commit_to_publish_seconds_bucket[5m])))',
      { yellow: 5, red: 30 },
    ),
    figure(
      'WAL kept for the slot',
      'Of the 8 GB after which PostgreSQL drops the slot',
      'bytes',
      'max(capture_slot_retained_bytes)',
      {
        yellow: 1e9,
        red: 4e9,
      },
    ),
    figure('Slot missing', '1: the guard waits for a new snapshot', 'short', '1 - min(capture_slot_exists)', {
      yellow: 1,
      red: 1,
    }),
    figure(
      'Dead letters in an hour',
      'Of relay and functions; docs/errors.md has the codes',
      'short',
      '(sum(increase(relay_dead_letters_total[1h])) or vector(0)) + (sum(increase(function_dead_letters_total[1h])) or vector(0))',
      { yellow: 1, red: 1 },
    ),
    lines('Changes a second', 'Taken by Pub/Sub, by table', 'short', [
      'sum by (table) (rate(relay_changes_total[1m]))',
      '{{table}}',
    ]),
    lines('Open records by topic', 'In Kafka, not read by the relay', 'short', [
      'sum by (topic) (relay_lag_records)',
      '{{topic}}',
    ]),
    lines(
      'From commit to Pub/Sub',
      'Of the oldest change of a message',
      's',
      ['histogram_quantile(0.5, sum by (le) (rate(relay_commit_to_publish_seconds_bucket[1m])))', 'median'],
      [
        'histogram_quantile(0.95, sum by (le) (rate(relay_commit_to_publish_seconds_bucket[1m])))',
        '95th percentile',
      ],
    ),
    lines('Age of the newest commit read', 'Grows while nothing is written, too', 's', [
      'time() - max(relay_newest_commit_timestamp_seconds)',
      'age',
    ]),
    lines('Answers of functions a second', 'By function and status', 'short', [
      'sum by (job, status) (rate(function_requests_total[1m]))',
      '{{job}} {{status}}',
    ]),
    lines('Time of functions', '95th percentile', 's', [
      'histogram_quantile(0.95, sum by (job, le) (rate(function_request_seconds_bucket[5m])))',
      '{{job}}',
    ]),
    lines('Memory', 'Resident memory of each process', 'bytes', ['process_resident_memory_bytes', '{{job}}']),
    lines(
      'What the guard did',
      'Snapshots, tables read again, restarts of Debezium in an hour',
      'short',
      ['increase(capture_snapshots_total[1h])', 'snapshots'],
      ['sum by (table) (increase(capture_table_rereads_total[1h]))', 'read again: {{table}}'],
      ['increase(capture_connector_restarts_total[1h])', 'restarts'],
    ),
    {
      title: 'Batches in ClickHouse a minute',
      description: 'Stored batches and changes by the minute, from the ledger of clickhouse-sink',
      type: 'timeseries',
      unit: 'short',
      width: 24,
      height: 8,
      queries: [
        {
          store: 'clickhouse',
          sql: `SELECT toStartOfMinute(stored_at) AS time, count() AS batches, sum(changes) AS changes
FROM hospital.change_batches FINAL WHERE $__timeFilter(stored_at) GROUP BY time ORDER BY time`,
        },
      ],
    },
  ],
}
