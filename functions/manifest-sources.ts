import {
  type Access,
  BUCKETS,
  DATASETS,
  type DatasetName,
  type FunctionEntry,
  KAFKA_READER,
  SECRETS,
  type Secret,
  type SettingSource,
  TOPICS,
} from './manifest-parts.ts'
import type { SettingName } from './settings.ts'

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
  DUCKDB_PUBLISHED_PATH: { from: 'local', what: 'published-file' },
  BIGQUERY_LOCATION: { from: 'cloud', what: 'location' },
  BIGQUERY_RAW_DATASET: { from: 'dataset', dataset: DATASETS.raw },
  BIGQUERY_LOADS_DATASET: { from: 'dataset', dataset: DATASETS.loads },
  BIGQUERY_EXTERNAL_DATASET: { from: 'dataset', dataset: DATASETS.external },
  BIGQUERY_POLICY_TAG_PATIENT: { from: 'cloud', what: 'policy-tag-patient' },
  BIGQUERY_POLICY_TAG_PATIENT_WITH_OTHERS: { from: 'cloud', what: 'policy-tag-patient-with-others' },
  BIGQUERY_POLICY_TAG_STAFF: { from: 'cloud', what: 'policy-tag-staff' },
  BIGQUERY_DATASET_PREFIX: { from: 'cloud', what: 'environment' },
  PSEUDONYM_KEY: { from: 'secret', secret: SECRETS.pseudonymKey },
  DBT_STATE_DIR: { from: 'local', what: 'dbt-state' },
  BIGQUERY_MARTS_DATASET: { from: 'dataset', dataset: DATASETS.marts },
  BIGQUERY_TRAIL_DATASET: { from: 'dataset', dataset: DATASETS.trail },
  MONITORED_ENVIRONMENT: { from: 'cloud', what: 'environment' },
  LOOKER_LINKS: { from: 'cloud', what: 'looker-links' },
  PAGE_ASSETS: { from: 'local', what: 'page-assets' },
  PIPELINE_URL: { from: 'local', what: 'pipeline-url' },
  FUNCTION_TIMEOUT_SECONDS: { from: 'timeout' },
  DATAFLOW_ENVIRONMENT: { from: 'cloud', what: 'dataflow-environment' },
  DATAFLOW_JOBS: { from: 'cloud', what: 'dataflow-jobs' },
  EVENTS_TOPIC: { from: 'topic', topic: TOPICS.events },
  DATABASE_WRITER_URL: { from: 'secret', secret: SECRETS.databaseWriter },
  DATABASE_READER_URL: { from: 'secret', secret: SECRETS.databaseReader },
  KAFKA_BROKERS: { from: 'kafka' },
  KAFKA_TLS: {
    from: 'either',
    cloud: { from: 'value', value: 'true' },
    local: { from: 'value', value: 'false' },
  },
  KAFKA_SASL_USER: {
    from: 'either',
    cloud: { from: 'value', value: KAFKA_READER },
    local: { from: 'value', value: '' },
  },
  KAFKA_SASL_PASSWORD: { from: 'secret', secret: SECRETS.kafkaReaderPassword },
  CLICKHOUSE_URL: { from: 'clickhouse' },
  CLICKHOUSE_PASSWORD: { from: 'secret', secret: SECRETS.clickhousePassword },
  EXPORT_ENCRYPTION_KEY: { from: 'secret', secret: SECRETS.exportKey },
  LOG_LEVEL: { from: 'value', value: 'info' },
}

/** Settings without a source here keep their defaults. */
export function settingsOf(names: readonly SettingName[]): FunctionEntry['settings'] {
  return Object.fromEntries(names.flatMap((name) => (sources[name] ? [[name, sources[name]]] : [])))
}

export const readLake: Access = { kind: 'bucket', bucket: BUCKETS.lake, role: 'roles/storage.objectViewer' }
export const createInLake: Access = {
  kind: 'bucket',
  bucket: BUCKETS.lake,
  role: 'roles/storage.objectCreator',
}
// An export replaces its manifest and removes parts of a run that was not finished; compaction removes what it joined.
export const changeLake: Access = { kind: 'bucket', bucket: BUCKETS.lake, role: 'roles/storage.objectUser' }
export const readSecret = (secret: Secret): Access => ({
  kind: 'secret',
  secret,
  role: 'roles/secretmanager.secretAccessor',
})
export const readDatabase = readSecret(SECRETS.databaseReader)
export const publishDeadLetters: Access = {
  kind: 'topic',
  topic: TOPICS.deadLetters,
  role: 'roles/pubsub.publisher',
}
export const readClickhousePassword = readSecret(SECRETS.clickhousePassword)

export const readExportKey = readSecret(SECRETS.exportKey)

export const runJobs: Access = { kind: 'project', role: 'roles/bigquery.jobUser' }
export const readMetrics: Access = { kind: 'project', role: 'roles/monitoring.viewer' }
export const onDatasets = (role: string, ...datasets: DatasetName[]): Access[] =>
  datasets.map((dataset) => ({ kind: 'dataset', dataset, role }))
export const launchJobs: readonly Access[] = [
  { kind: 'project', role: 'roles/dataflow.developer' },
  { kind: 'account', account: 'dataflow', role: 'roles/iam.serviceAccountUser' },
]
