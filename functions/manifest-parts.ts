import type { Identifies } from '@pipeline/hospital/catalog.ts'
import type { SettingName } from './settings.ts'

/** Pub/Sub topics of the pipeline. */
export const TOPICS = {
  events: 'hospital-events',
  changes: 'hospital-changes',
  /** Alerts of interaction-alerts. */
  alerts: 'hospital-alerts',
  /** Sessions and windows of the other pipelines. */
  insights: 'hospital-insights',
  deadLetters: 'hospital-dead-letters',
} as const
export type Topic = (typeof TOPICS)[keyof typeof TOPICS]

/** Buckets by what they are for; the stack gives them their full names. */
export const BUCKETS = { lake: 'lake' } as const
export type BucketName = (typeof BUCKETS)[keyof typeof BUCKETS]

/** Datasets of BigQuery by what they hold: change logs, what is shown of them, loads under way, tables over the lake; and dbt's own. */
export const DATASETS = {
  raw: 'raw',
  trail: 'trail',
  loads: 'raw_loads',
  external: 'external',
  staging: 'staging',
  intermediate: 'intermediate',
  marts: 'marts',
  restricted: 'restricted',
} as const
export type DatasetName = (typeof DATASETS)[keyof typeof DATASETS]

/** Secrets by what they hold; none has a default. */
export const SECRETS = {
  databaseReader: 'postgres-reader-url',
  databaseWriter: 'postgres-writer-url',
  clickhousePassword: 'clickhouse-password',
  kafkaReaderPassword: 'kafka-reader-password',
  /** What patients' pseudonyms in marts are made with. */
  pseudonymKey: 'pseudonym-key',
  /** Only where the environment's settings ask for a key of the customer's own. */
  exportKey: 'export-encryption-key',
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
  /**
   * Set by the cloud stack only: where its data lies, the policy tags of the catalog's classes, jobs of Dataflow,
   * reports elsewhere, and the environment's name, which stands before the name of each dataset (`demo_marts`).
   */
  | {
      from: 'cloud'
      what:
        | 'location'
        | 'environment'
        | 'dataflow-environment'
        | 'dataflow-jobs'
        | 'looker-links'
        | `policy-tag-${Identifies}`
    }
  /** Set by the local stack only: the address of an emulator, or a path below its folder of state. */
  | {
      from: 'local'
      what:
        | 'storage-emulator'
        | 'pubsub-emulator'
        | 'duckdb-file'
        | 'published-file'
        | 'dbt-state'
        | 'page-assets'
        | 'pipeline-url'
    }

export type Access =
  | { kind: 'bucket'; bucket: BucketName; role: string }
  | { kind: 'topic'; topic: Topic; role: string }
  | { kind: 'secret'; secret: Secret; role: string }
  | { kind: 'dataset'; dataset: DatasetName; role: string }
  /** Roles on the project: jobs of BigQuery and of Dataflow and metrics belong to a project and to nothing smaller. They open no data. */
  | {
      kind: 'project'
      role: 'roles/bigquery.jobUser' | 'roles/dataflow.developer' | 'roles/monitoring.viewer'
    }
  /** To start something that runs as another account of the stack. */
  | { kind: 'account'; account: 'dataflow'; role: 'roles/iam.serviceAccountUser' }

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

/** Node for our TypeScript, bundled; Python for what has no other home, installed by the build from its requirements. */
export type Runtime = 'nodejs24' | PythonRuntime
export type PythonRuntime = 'python311' | 'python312' | 'python313'
/** People open it with a browser: in the cloud behind Identity-Aware Proxy, which nobody passes without being let. */
export interface PageTrigger {
  kind: 'page'
}

export interface FunctionEntry {
  name: string
  /** The name that `index.ts` in `folder` registers with the framework; in Python the function of `main.py`. */
  entryPoint: string
  /** Below functions/. */
  folder: string
  runtime: Runtime
  /** Folders of the repository that lie beside the source of a Python function, under their own names. */
  beside?: readonly string[]
  trigger: PushTrigger | ScheduleTrigger | PageTrigger
  memoryMiB: number
  cpu: number
  timeoutSeconds: number
  concurrency: number
  maxInstances: number
  settings: Partial<Record<SettingName, SettingSource>>
  access: readonly Access[]
}
