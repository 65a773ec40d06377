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

/** Secrets by what they hold; none has a default. */
export const SECRETS = {
  databaseReader: 'postgres-reader-url',
  databaseWriter: 'postgres-writer-url',
  clickhousePassword: 'clickhouse-password',
} as const
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
  /** Set by the local stack only: the address of an emulator, or a path below its folder of state. */
  | { from: 'local'; what: 'storage-emulator' | 'pubsub-emulator' | 'duckdb-file' }

export type Access =
  | { kind: 'bucket'; bucket: BucketName; role: string }
  | { kind: 'topic'; topic: Topic; role: string }
  | { kind: 'secret'; secret: Secret; role: string }

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
  WAREHOUSE: { from: 'value', value: 'duckdb' },
  DUCKDB_PATH: { from: 'local', what: 'duckdb-file' },
  FUNCTION_TIMEOUT_SECONDS: { from: 'timeout' },
  EVENTS_TOPIC: { from: 'topic', topic: TOPICS.events },
  DATABASE_WRITER_URL: { from: 'secret', secret: SECRETS.databaseWriter },
  DATABASE_READER_URL: { from: 'secret', secret: SECRETS.databaseReader },
  KAFKA_BROKERS: { from: 'kafka' },
  CLICKHOUSE_URL: { from: 'clickhouse' },
  CLICKHOUSE_PASSWORD: { from: 'secret', secret: SECRETS.clickhousePassword },
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
const readClickhousePassword: Access = {
  kind: 'secret',
  secret: SECRETS.clickhousePassword,
  role: 'roles/secretmanager.secretAccessor',
}

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
    access: [readLake, publishDeadLetters],
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
    name: 'clickhouse-sink',
    entryPoint: 'clickhouse-sink',
    folder: 'clickhouse-sink',
    runtime: 'nodejs24',
    trigger: {
      kind: 'push',
      topic: TOPICS.changes,
      subscription: 'clickhouse-sink',
      ackDeadlineSeconds: 120,
      minimumBackoffSeconds: 5,
      maximumBackoffSeconds: 300,
      maxDeliveryAttempts: 100,
      deadLetterTopic: TOPICS.deadLetters,
      retentionDays: 7,
    },
    memoryMiB: 1024,
    cpu: 1,
    timeoutSeconds: 100,
    // Few instances that take much at once: what an instance has at the same time becomes one insert.
    concurrency: 16,
    maxInstances: 4,
    settings: settingsOf(settingNames['clickhouse-sink']),
    access: [readLake, publishDeadLetters, readClickhousePassword],
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
  {
    name: 'oltp-sink',
    entryPoint: 'oltp-sink',
    folder: 'oltp-sink',
    runtime: 'nodejs24',
    trigger: {
      kind: 'push',
      topic: TOPICS.events,
      subscription: 'oltp-sink',
      ackDeadlineSeconds: 120,
      // Events that wait for a parent come again in these steps.
      minimumBackoffSeconds: 1,
      maximumBackoffSeconds: 120,
      maxDeliveryAttempts: 100,
      deadLetterTopic: TOPICS.deadLetters,
      retentionDays: 7,
    },
    memoryMiB: 512,
    cpu: 1,
    timeoutSeconds: 100,
    // With DATABASE_MAX_CONNECTIONS a bound for PostgreSQL: 5 instances of 4 connections.
    concurrency: 4,
    maxInstances: 5,
    settings: settingsOf(settingNames['oltp-sink']),
    access: [
      { kind: 'secret', secret: SECRETS.databaseWriter, role: 'roles/secretmanager.secretAccessor' },
      { kind: 'topic', topic: TOPICS.events, role: 'roles/pubsub.publisher' },
      publishDeadLetters,
    ],
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
      readClickhousePassword,
    ],
  },
]
