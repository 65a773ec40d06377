import { LoggingMetric } from '@cdktf/provider-google/lib/logging-metric/index.js'
import { LoggingProjectBucketConfig } from '@cdktf/provider-google/lib/logging-project-bucket-config/index.js'
import { LoggingProjectSink } from '@cdktf/provider-google/lib/logging-project-sink/index.js'
import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import type { Stage } from '../stage.ts'

export interface LogMetrics {
  /** Runs of reconcile that found a difference. */
  different: string
  /** How long changes lay in the lake before a load, s. */
  loadWaited: string
}

/** A metric made of the log as PromQL knows it. */
export function logMetric(name: string): string {
  return `logging_googleapis_com:user_${name.replaceAll('-', '_')}`
}

/**
 * The pipeline's own log and the audit log, kept for as long as the lake's data. PostgreSQL's and Redpanda's own words
 * stay out: a server may quote a row.
 */
export function buildLogs(
  { stack, settings, names, protect }: Stage,
  entries: readonly FunctionEntry[],
): LogMetrics {
  const bucket = new LoggingProjectBucketConfig(stack, 'log-bucket', {
    project: settings.project,
    location: settings.region,
    bucketId: names.of('pipeline'),
    description: 'Log of the hospital pipeline and who touched its data',
    retentionDays: Math.min(settings.lake.retentionDays, 3650),
    lifecycle: { preventDestroy: protect },
  })
  const loaders = entries.map(({ name }) => name).filter((name) => name.startsWith('load-'))
  const services = entries.map(({ name }) => `"${names.of(name)}"`).join(' OR ')
  new LoggingProjectSink(stack, 'log-sink', {
    project: settings.project,
    name: names.of('pipeline'),
    description: 'Functions, relay and guard, and the audit log',
    destination: `logging.googleapis.com/${bucket.id}`,
    uniqueWriterIdentity: true,
    filter: [
      `(resource.type="cloud_run_revision" AND resource.labels.service_name=(${services}))`,
      `(resource.type="gce_instance" AND jsonPayload._SYSTEMD_UNIT=~"^hospital-(relay|guard|prepare|health)\\.service$")`,
      `logName:"cloudaudit.googleapis.com"`,
    ].join(' OR '),
    exclusions: [
      {
        name: 'database-statements',
        description: 'What PostgreSQL writes may quote a row',
        filter: 'resource.type="cloudsql_database" AND NOT logName:"cloudaudit.googleapis.com%2Factivity"',
      },
    ],
  })
  const different = names.of('reconcile-different')
  new LoggingMetric(stack, 'reconcile-different', {
    project: settings.project,
    name: different,
    description: 'Runs of reconcile that found a store different from PostgreSQL',
    filter: [
      'resource.type="cloud_run_revision"',
      `resource.labels.service_name="${names.of('reconcile')}"`,
      'jsonPayload.message="reconciled"',
      'jsonPayload.status="different"',
    ].join(' AND '),
    metricDescriptor: { metricKind: 'DELTA', valueType: 'INT64', unit: '1' },
  })
  const loadWaited = names.of('load-waited')
  new LoggingMetric(stack, 'load-waited', {
    project: settings.project,
    name: loadWaited,
    description: 'How long the oldest changes of a load lay in the lake before they were in the warehouse',
    filter: [
      'resource.type="cloud_run_revision"',
      `resource.labels.service_name=(${loaders.map((name) => `"${names.of(name)}"`).join(' OR ')})`,
      'jsonPayload.message="load is applied"',
      'jsonPayload.waitedSeconds>=0',
    ].join(' AND '),
    valueExtractor: 'EXTRACT(jsonPayload.waitedSeconds)',
    labelExtractors: { table: 'EXTRACT(jsonPayload.table)' },
    metricDescriptor: {
      metricKind: 'DELTA',
      valueType: 'DISTRIBUTION',
      unit: 's',
      labels: [{ key: 'table', valueType: 'STRING', description: 'Table of the catalog' }],
    },
    bucketOptions: { exponentialBuckets: { scale: 1, growthFactor: 2, numFiniteBuckets: 20 } },
  })
  return { different, loadWaited }
}
