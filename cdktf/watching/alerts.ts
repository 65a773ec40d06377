import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import type { Stage } from '../stage.ts'
import { type LogMetrics, logMetric } from './logs.ts'

export interface Alert {
  id: string
  title: string
  /** PromQL that has a value while something is wrong. */
  query: string
  forSeconds: number
  severity: 'CRITICAL' | 'ERROR' | 'WARNING'
  /** A heading of docs/operations.md. */
  runbook: string
  meaning: string
}

const DAY_MINUTES = 1440

/** Minutes between two runs of a cron line of the manifest, at most: every n minutes, each hour, each day, or a week. */
export function longestGapMinutes(cron: string): number {
  const [minute, hour, dayOfMonth, month, dayOfWeek] = cron.split(' ')
  if (dayOfMonth !== '*' || month !== '*') return 31 * DAY_MINUTES
  if (dayOfWeek !== '*') return 7 * DAY_MINUTES
  if (hour !== '*') {
    const every = /^\*\/(\d+)$/.exec(hour!)
    return every ? Number(every[1]) * 60 : DAY_MINUTES
  }
  const every = /^\*\/(\d+)$/.exec(minute!)
  return every ? Number(every[1]) : minute === '*' ? 1 : 60
}

const DBT = 'run-dbt'
const fillsWarehouse = (name: string): boolean => name.startsWith('load-') || name === DBT

/** How far an alert may look back in Cloud Monitoring. */
const LONGEST_LOOK_MINUTES = 25 * 60

function ofFunction({ names }: Stage, { name, trigger }: FunctionEntry): Alert[] {
  const service = `service_name="${names.of(name)}"`
  const failed: Alert = {
    id: `failed-${name}`,
    title: `${name} fails`,
    query: `sum(increase(run_googleapis_com:request_count{monitored_resource="cloud_run_revision",${service},response_code_class="5xx"}[15m])) > ${trigger.kind === 'push' ? 20 : 0}`,
    forSeconds: trigger.kind === 'push' ? 300 : 0,
    severity: 'ERROR',
    runbook: name === DBT ? 'dbt-fails' : 'a-function-fails',
    meaning: 'Its answers are errors. Its log has the code, and docs/errors.md what to do.',
  }
  if (trigger.kind === 'push') {
    return [
      failed,
      {
        id: `backlog-${name}`,
        title: `${name} is behind`,
        query: `max(pubsub_googleapis_com:subscription_oldest_unacked_message_age{monitored_resource="pubsub_subscription",subscription_id="${names.of(trigger.subscription)}"}) > 900`,
        forSeconds: 300,
        severity: 'WARNING',
        runbook: 'a-subscription-is-behind',
        meaning: 'Its oldest message has waited for more than a quarter of an hour.',
      },
    ]
  }
  if (trigger.kind === 'page') return [failed]
  const gap = longestGapMinutes(trigger.cron)
  const look = Math.min(Math.max(gap * 4, 30), LONGEST_LOOK_MINUTES)
  if (gap > look) return [failed]
  return [
    failed,
    {
      id: `stale-${name}`,
      title: `${name} has not succeeded for ${look} minutes`,
      query: `(sum(increase(run_googleapis_com:request_count{monitored_resource="cloud_run_revision",${service},response_code_class="2xx"}[${look}m])) or vector(0)) < 0.5`,
      forSeconds: 300,
      severity: fillsWarehouse(name) ? 'CRITICAL' : 'ERROR',
      runbook: fillsWarehouse(name) ? 'the-warehouse-is-stale' : 'a-job-has-not-succeeded',
      meaning: 'What it should have brought up to date is older than it may be.',
    },
  ]
}

/** The alerts of an environment. None needs a metric to be there already when it is made. */
export function alertsOf(stage: Stage, entries: readonly FunctionEntry[], metrics: LogMetrics): Alert[] {
  const { settings, names, size } = stage
  const mine = `environment="${settings.name}"`
  const slotLimit = Math.round(size.slotKeepMb * 1_000_000 * 0.5)
  const deadLetterSinks = entries.flatMap(({ trigger }) =>
    trigger.kind === 'push' && trigger.deadLetterTopic === null ? [names.of(trigger.subscription)] : [],
  )
  return [
    {
      id: 'slot-growth',
      title: 'PostgreSQL keeps much WAL for the pipeline',
      query: `max(capture_slot_retained_bytes{${mine}}) > ${slotLimit}`,
      forSeconds: 300,
      severity: 'CRITICAL',
      runbook: 'the-replication-slot-grows',
      meaning: `Half of max_slot_wal_keep_size (${size.slotKeepMb} MB) is used; at the limit the slot is lost and every table is read again.`,
    },
    {
      id: 'slot-lost',
      title: 'The replication slot is gone',
      query: `min(capture_slot_exists{${mine}}) < 1`,
      forSeconds: 120,
      severity: 'CRITICAL',
      runbook: 'the-replication-slot-is-gone',
      meaning: 'The guard has a new snapshot taken; changes in between are known by their result only.',
    },
    {
      id: 'slot-idle',
      title: 'Debezium does not read the replication slot',
      query: `max(capture_slot_active{${mine}}) < 1`,
      forSeconds: 600,
      severity: 'ERROR',
      runbook: 'the-replication-slot-grows',
      meaning: 'Nothing is captured, and PostgreSQL keeps WAL.',
    },
    {
      id: 'relay-lag',
      title: 'The relay is behind',
      query: `sum(relay_lag_records{${mine}}) > 100000`,
      forSeconds: 600,
      severity: 'ERROR',
      runbook: 'the-relay-is-behind',
      meaning: 'Kafka holds more than 100,000 records that Pub/Sub has not got.',
    },
    {
      id: 'vm-silent',
      title: 'The VM tells nothing of relay or guard',
      query: `absent(relay_lag_records{${mine}}) or absent(capture_slot_exists{${mine}})`,
      forSeconds: 900,
      severity: 'CRITICAL',
      runbook: 'the-vm-is-silent',
      meaning: 'Relay, guard or the VM is down, or the guard does not reach PostgreSQL.',
    },
    {
      id: 'dead-letters',
      title: 'There are new dead letters',
      query: `sum(increase(pubsub_googleapis_com:subscription_push_request_count{monitored_resource="pubsub_subscription",subscription_id=~"${deadLetterSinks.join('|')}"}[10m])) > 0`,
      forSeconds: 0,
      severity: 'ERROR',
      runbook: 'there-are-dead-letters',
      meaning: 'Records could not be taken; they lie in dead-letters/ in the lake with their reason.',
    },
    {
      id: 'reconcile-different',
      title: 'A store differs from PostgreSQL',
      query: `sum(increase(${logMetric(metrics.different)}{monitored_resource="cloud_run_revision"}[30m])) > 0`,
      forSeconds: 0,
      severity: 'CRITICAL',
      runbook: 'reconcile-says-different',
      meaning: 'reconcile found rows that no change on its way explains.',
    },
    {
      id: 'load-waited',
      title: 'Changes wait long for the warehouse',
      query: `histogram_quantile(0.95, sum by (le) (increase(${logMetric(metrics.loadWaited)}_bucket{monitored_resource="cloud_run_revision"}[30m]))) > 3600`,
      forSeconds: 300,
      severity: 'WARNING',
      runbook: 'the-warehouse-is-stale',
      meaning: 'Loads succeed, but what they load has been in the lake for more than an hour.',
    },
    ...entries.flatMap((entry) => ofFunction(stage, entry)),
  ]
}
