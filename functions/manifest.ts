import {
  type Access,
  BUCKETS,
  DATASETS,
  type DatasetName,
  type FunctionEntry,
  SECRETS,
  type SettingSource,
  TOPICS,
} from './manifest-parts.ts'
import { type SettingName, settingNames } from './settings.ts'

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
/** The one who may delete. */
const writeLake: Access = { kind: 'bucket', bucket: BUCKETS.lake, role: 'roles/storage.objectUser' }
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
    name: 'compact-lake',
    entryPoint: 'compact-lake',
    folder: 'compact-lake',
    runtime: 'nodejs24',
    trigger: {
      kind: 'schedule',
      cron: '40 1 * * *',
      timeZone: 'UTC',
      attemptDeadlineSeconds: 1800,
      retries: 1,
    },
    // Temporary files are memory: pieces of two parts, one part, and a piece in plain text.
    memoryMiB: 4096,
    cpu: 1,
    timeoutSeconds: 1800,
    concurrency: 1,
    maxInstances: 1,
    settings: settingsOf(settingNames['compact-lake']),
    access: [writeLake],
  },
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
      runJobs,
      ...onDatasets('roles/bigquery.dataViewer', DATASETS.raw),
    ],
  },
]
