import type { Identifies } from '@pipeline/hospital/catalog.ts'
import { type SettingName, settingNames } from './settings.ts'

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

/** Datasets of BigQuery by what they hold: change logs, loads under way, tables over the lake. */
export const DATASETS = { raw: 'raw', loads: 'raw_loads', external: 'external' } as const
export type DatasetName = (typeof DATASETS)[keyof typeof DATASETS]

/** Secrets by what they hold; none has a default. */
export const SECRETS = { databaseReader: 'postgres-reader-url' } as const
export type Secret = (typeof SECRETS)[keyof typeof SECRETS]

/** Where a setting's value comes from. */
export type SettingSource =
  | { from: 'project' }
  | { from: 'bucket'; bucket: BucketName }
  | { from: 'topic'; topic: Topic }
  | { from: 'secret'; secret: Secret }
  /** The brokers' addresses. */
  | { from: 'kafka' }
  | { from: 'value'; value: string }
  /** The function's own `timeoutSeconds`. */
  | { from: 'timeout' }
  | { from: 'dataset'; dataset: DatasetName }
  /** One in the cloud, another in the local stack. */
  | { from: 'either'; cloud: SettingSource; local: SettingSource }
  /** Set by the cloud stack only: where its data lies, and the policy tags of the catalog's classes. */
  | { from: 'cloud'; what: 'location' | `policy-tag-${Identifies}` }
  /** Set by the local stack only: the address of an emulator, or a path below its folder of state. */
  | { from: 'local'; what: 'storage-emulator' | 'pubsub-emulator' | 'duckdb-file' }

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

export interface FunctionEntry {
  name: string
  /** The name that `index.ts` in `folder` registers with the framework. */
  entryPoint: string
  /** Below functions/. */
  folder: string
  runtime: 'nodejs24'
  trigger: PushTrigger | ScheduleTrigger
  memoryMiB: number
  cpu: number
  timeoutSeconds: number
  concurrency: number
  maxInstances: number
  settings: Partial<Record<SettingName, SettingSource>>
  access: readonly Access[]
}

const sources: Partial<Record<SettingName, SettingSource>> = {
  LAKE_BUCKET: { from: 'bucket', bucket: BUCKETS.lake },
  GOOGLE_CLOUD_PROJECT: { from: 'project' },
  DEAD_LETTER_TOPIC: { from: 'topic', topic: TOPICS.deadLetters },
  STORAGE_EMULATOR_HOST: { from: 'local', what: 'storage-emulator' },
  PUBSUB_EMULATOR_HOST: { from: 'local', what: 'pubsub-emulator' },
  WAREHOUSE: {
    from: 'either',
    cloud: { from: 'value', value: 'bigquery' },
    local: { from: 'value', value: 'duckdb' },
  },
  DUCKDB_PATH: { from: 'local', what: 'duckdb-file' },
  BIGQUERY_LOCATION: { from: 'cloud', what: 'location' },
  BIGQUERY_RAW_DATASET: { from: 'dataset', dataset: DATASETS.raw },
  BIGQUERY_LOADS_DATASET: { from: 'dataset', dataset: DATASETS.loads },
  BIGQUERY_EXTERNAL_DATASET: { from: 'dataset', dataset: DATASETS.external },
  BIGQUERY_POLICY_TAG_PATIENT: { from: 'cloud', what: 'policy-tag-patient' },
  BIGQUERY_POLICY_TAG_PATIENT_WITH_OTHERS: { from: 'cloud', what: 'policy-tag-patient-with-others' },
  BIGQUERY_POLICY_TAG_STAFF: { from: 'cloud', what: 'policy-tag-staff' },
  FUNCTION_TIMEOUT_SECONDS: { from: 'timeout' },
  DATABASE_READER_URL: { from: 'secret', secret: SECRETS.databaseReader },
  KAFKA_BROKERS: { from: 'kafka' },
  LOG_LEVEL: { from: 'value', value: 'info' },
}

/** Settings without a source here keep their defaults. */
function settingsOf(names: readonly SettingName[]): FunctionEntry['settings'] {
  return Object.fromEntries(names.flatMap((name) => (sources[name] ? [[name, sources[name]]] : [])))
}

const readLake: Access = { kind: 'bucket', bucket: BUCKETS.lake, role: 'roles/storage.objectViewer' }
const createInLake: Access = { kind: 'bucket', bucket: BUCKETS.lake, role: 'roles/storage.objectCreator' }
const publishDeadLetters: Access = {
  kind: 'topic',
  topic: TOPICS.deadLetters,
  role: 'roles/pubsub.publisher',
}

const runJobs: Access = { kind: 'project', role: 'roles/bigquery.jobUser' }
const onDatasets = (role: string, ...datasets: DatasetName[]): Access[] =>
  datasets.map((dataset) => ({ kind: 'dataset', dataset, role }))

function loader(name: string, cron: string): FunctionEntry {
  return {
    name,
    entryPoint: name,
    folder: name,
    runtime: 'nodejs24',
    trigger: { kind: 'schedule', cron, timeZone: 'UTC', attemptDeadlineSeconds: 600, retries: 3 },
    memoryMiB: 2048,
    cpu: 1,
    timeoutSeconds: 540,
    concurrency: 1,
    maxInstances: 1,
    settings: settingsOf(settingNames.loader),
    access: [
      readLake,
      publishDeadLetters,
      runJobs,
      ...onDatasets('roles/bigquery.dataEditor', DATASETS.raw, DATASETS.loads, DATASETS.external),
    ],
  }
}

/** Every function, once: the cloud stack and the local one are both made of this. */
export const manifest: readonly FunctionEntry[] = [
  {
    name: 'lake-sink',
    entryPoint: 'lake-sink',
    folder: 'lake-sink',
    runtime: 'nodejs24',
    trigger: {
      kind: 'push',
      topic: TOPICS.changes,
      subscription: 'lake-sink',
      ackDeadlineSeconds: 120,
      minimumBackoffSeconds: 5,
      maximumBackoffSeconds: 300,
      maxDeliveryAttempts: 50,
      deadLetterTopic: TOPICS.deadLetters,
      retentionDays: 7,
    },
    memoryMiB: 1024,
    cpu: 1,
    timeoutSeconds: 100,
    concurrency: 8,
    maxInstances: 20,
    settings: settingsOf(settingNames['lake-sink']),
    access: [createInLake, readLake, publishDeadLetters],
  },
  {
    name: 'dead-letter-sink',
    entryPoint: 'dead-letter-sink',
    folder: 'dead-letter-sink',
    runtime: 'nodejs24',
    trigger: {
      kind: 'push',
      topic: TOPICS.deadLetters,
      subscription: 'dead-letter-sink',
      ackDeadlineSeconds: 120,
      minimumBackoffSeconds: 10,
      maximumBackoffSeconds: 600,
      maxDeliveryAttempts: null,
      deadLetterTopic: null,
      retentionDays: 31,
    },
    memoryMiB: 512,
    cpu: 1,
    timeoutSeconds: 100,
    concurrency: 8,
    maxInstances: 5,
    settings: settingsOf(settingNames['dead-letter-sink']),
    access: [createInLake, readLake],
  },
  loader('load-dimensions', '*/15 * * * *'),
  loader('load-facts', '*/5 * * * *'),
  {
    name: 'reconcile',
    entryPoint: 'reconcile',
    folder: 'reconcile',
    runtime: 'nodejs24',
    trigger: {
      kind: 'schedule',
      cron: '30 3 * * *',
      timeZone: 'UTC',
      attemptDeadlineSeconds: 1800,
      retries: 1,
    },
    memoryMiB: 2048,
    cpu: 1,
    timeoutSeconds: 1800,
    concurrency: 1,
    maxInstances: 1,
    settings: settingsOf(settingNames.reconcile),
    access: [
      readLake,
      { kind: 'secret', secret: SECRETS.databaseReader, role: 'roles/secretmanager.secretAccessor' },
      runJobs,
      ...onDatasets('roles/bigquery.dataViewer', DATASETS.raw),
    ],
  },
]
