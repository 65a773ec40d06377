import type { Identifies } from '@pipeline/hospital/catalog.ts'
import type { SettingName } from './settings.ts'

/** Pub/Sub topics of the pipeline. */
export const TOPICS = {
  events: 'hospital-events',
  changes: 'hospital-changes',
  deadLetters: 'hospital-dead-letters',
} as const
export type Topic = (typeof TOPICS)[keyof typeof TOPICS]

/** Buckets by what they are for; the stack gives them their full names. */
export const BUCKETS = { lake: 'lake' } as const
export type BucketName = (typeof BUCKETS)[keyof typeof BUCKETS]

/** Datasets of BigQuery by what they hold: change logs, loads under way, tables over the lake, what reports read. */
export const DATASETS = { raw: 'raw', loads: 'raw_loads', external: 'external', marts: 'marts' } as const
export type DatasetName = (typeof DATASETS)[keyof typeof DATASETS]

/** Secrets by what they hold; none has a default. */
export const SECRETS = {
  databaseReader: 'postgres-reader-url',
  databaseWriter: 'postgres-writer-url',
  clickhousePassword: 'clickhouse-password',
  kafkaReaderPassword: 'kafka-reader-password',
} as const
/** The user of Kafka that reads where topics end. */
export const KAFKA_READER = 'hospital-reader'
export type Secret = (typeof SECRETS)[keyof typeof SECRETS]

/** Where a setting's value comes from. */
export type SettingSource =
  | { from: 'project' }
  | { from: 'bucket'; bucket: BucketName }
  | { from: 'topic'; topic: Topic }
  | { from: 'secret'; secret: Secret }
  /** The brokers' addresses. */
  | { from: 'kafka' }
  /** ClickHouse's address. */
  | { from: 'clickhouse' }
  | { from: 'value'; value: string }
  /** The function's own `timeoutSeconds`. */
  | { from: 'timeout' }
  | { from: 'dataset'; dataset: DatasetName }
  /** One in the cloud, another in the local stack. */
  | { from: 'either'; cloud: SettingSource; local: SettingSource }
  /** Set by the cloud stack only: where its data lies, reports elsewhere, and policy tags of the catalog's classes. */
  | { from: 'cloud'; what: 'location' | 'looker-links' | `policy-tag-${Identifies}` }
  /** Set by the local stack only: the address of an emulator, or a path below its folder of state. */
  | {
      from: 'local'
      what:
        | 'storage-emulator'
        | 'pubsub-emulator'
        | 'duckdb-file'
        | 'published-file'
        | 'page-assets'
        | 'pipeline-url'
    }

export type Access =
  | { kind: 'bucket'; bucket: BucketName; role: string }
  | { kind: 'topic'; topic: Topic; role: string }
  | { kind: 'secret'; secret: Secret; role: string }
  | { kind: 'dataset'; dataset: DatasetName; role: string }
  /** The one role on the project: a job of BigQuery belongs to a project, and to no dataset. It opens no data. */
  | { kind: 'project'; role: 'roles/bigquery.jobUser' }

export interface PushTrigger {
  kind: 'push'
  topic: Topic
  subscription: string
  ackDeadlineSeconds: number
  minimumBackoffSeconds: number
  maximumBackoffSeconds: number
  /** Null together with `deadLetterTopic`: tried until the retention ends. */
  maxDeliveryAttempts: number | null
  deadLetterTopic: Topic | null
  retentionDays: number
}

export interface ScheduleTrigger {
  kind: 'schedule'
  cron: string
  timeZone: 'UTC'
  attemptDeadlineSeconds: number
  retries: number
}

/** People open it with a browser: in the cloud behind Identity-Aware Proxy, which nobody passes without being let. */
export interface PageTrigger {
  kind: 'page'
}

export interface FunctionEntry {
  name: string
  /** The name that `index.ts` in `folder` registers with the framework. */
  entryPoint: string
  /** Below functions/. */
  folder: string
  runtime: 'nodejs24'
  trigger: PushTrigger | ScheduleTrigger | PageTrigger
  memoryMiB: number
  cpu: number
  timeoutSeconds: number
  concurrency: number
  maxInstances: number
  settings: Partial<Record<SettingName, SettingSource>>
  access: readonly Access[]
}
