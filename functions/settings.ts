import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'
import { aes256Key, dataset, emulatorUrl, json, memory, policyTag, whole } from './setting-kinds.ts'

const logging = { LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info') }

/** Every setting of every function, once. */
export const settingSchemas = {
  ...logging,
  LAKE_BUCKET: z.string().regex(/^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/),
  GOOGLE_CLOUD_PROJECT: z.string().min(1),
  DEAD_LETTER_TOPIC: z.string().regex(/^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$/),
  /** `http://host:port` of fake-gcs-server. */
  STORAGE_EMULATOR_HOST: emulatorUrl,
  /** `host:port`; the Pub/Sub client reads it by itself. */
  PUBSUB_EMULATOR_HOST: z.string().min(1).optional(),
  /** Which settings a warehouse needs beside it: see warehouse/compose.ts. */
  WAREHOUSE: z.enum(['duckdb', 'bigquery']),
  DUCKDB_PATH: z.string().min(1).optional(),
  DUCKDB_MEMORY_LIMIT: memory.default('512MB'),
  DUCKDB_THREADS: whole(2, 1, 64),
  /** Seconds to wait for another process to close the DuckDB file. */
  DUCKDB_LOCK_WAIT_SECONDS: whole(60, 0, 600),
  /** `EU` or a region: where the datasets lie, and the lake's bucket too. */
  BIGQUERY_LOCATION: z
    .string()
    .regex(/^[A-Za-z0-9-]{2,40}$/)
    .optional(),
  BIGQUERY_RAW_DATASET: dataset('raw'),
  /** Loads under way. */
  BIGQUERY_LOADS_DATASET: dataset('raw_loads'),
  /** What reports read. */
  BIGQUERY_MARTS_DATASET: dataset('marts'),
  /** Where changes are, without their rows. */
  BIGQUERY_TRAIL_DATASET: dataset('trail'),
  /** Tables over the lake. */
  BIGQUERY_EXTERNAL_DATASET: dataset('external'),
  /** Policy tags of the catalog's classes; without them identifying columns are protected by the dataset alone. */
  BIGQUERY_POLICY_TAG_PATIENT: policyTag,
  BIGQUERY_POLICY_TAG_PATIENT_WITH_OTHERS: policyTag,
  BIGQUERY_POLICY_TAG_STAFF: policyTag,
  /** Load jobs of one table in 24 hours. */
  BIGQUERY_LOADS_A_DAY: whole(1000, 1, 15_000),
  /** Seconds to wait for one job. */
  BIGQUERY_JOB_TIMEOUT_SECONDS: whole(120, 1, 3600),
  /** `http://host:port` of an emulator. */
  BIGQUERY_EMULATOR_HOST: emulatorUrl,
  /** Objects and compressed bytes of one load. */
  LOAD_GROUP_OBJECTS: whole(500, 1, 10_000),
  LOAD_GROUP_BYTES: whole(32 * 1024 * 1024, 1, 1024 * 1024 * 1024),
  /** Plain bytes of one transaction of a load. */
  LOAD_STAGED_BYTES: whole(64 * 1024 * 1024, 1, 16 * 1024 * 1024 * 1024),
  /** Where oltp-sink sends events that have to wait. */
  EVENTS_TOPIC: z.string().regex(/^[A-Za-z][A-Za-z0-9._~+%-]{2,254}$/),
  /** PostgreSQL as the role that writes visits, prescriptions and bills. */
  DATABASE_WRITER_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  /** Connections of one instance. */
  DATABASE_MAX_CONNECTIONS: whole(4, 1, 50),
  /** How long an event waits for its parent before it goes to dead letters. */
  EVENT_MAX_WAIT_SECONDS: whole(3600, 0, 6 * 86_400),
  /** How long the ledger knows what was applied; longer than Kafka and Pub/Sub keep an event, which is 7 days each. */
  EVENT_LEDGER_DAYS: whole(30, 15, 3650),
  /** PostgreSQL as the read-only role. */
  DATABASE_READER_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((text) => text.split(',')),
  /** Whether the brokers speak TLS; SASL (SCRAM-SHA-256) goes with a user and a password. */
  KAFKA_TLS: z.stringbool().default(false),
  KAFKA_SASL_USER: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
  REPLICATION_SLOT: z
    .string()
    .regex(/^[a-z0-9_]{1,63}$/)
    .default('hospital_changes'),
  /** `https://host:8443` of ClickHouse, without user and password. */
  CLICKHOUSE_URL: z
    .url({ protocol: /^https?$/ })
    .refine((url) => new URL(url).username === '' && new URL(url).password === ''),
  CLICKHOUSE_USER: z.string().min(1).default('default'),
  /** Left out only where the server asks for none. */
  CLICKHOUSE_PASSWORD: z.string().min(1).optional(),
  CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/)
    .default('hospital'),
  /** An instance starts one insert a table in this time, ms; what comes meanwhile goes together. */
  CLICKHOUSE_INSERT_EVERY_MS: whole(500, 0, 10_000),
  /** Rows that are inserted at once without waiting. */
  CLICKHOUSE_INSERT_ROWS: whole(50_000, 1, 1_000_000),
  /** PostgreSQL's text of a part of an export, from this to twice this many bytes. */
  EXPORT_PART_BYTES: whole(24 * 1024 * 1024, 1024, 256 * 1024 * 1024),
  /** The customer's own key for exports: 32 bytes in base64. Google keeps no copy: without it they can't be read. */
  EXPORT_ENCRYPTION_KEY: aes256Key.optional(),
  /** What DuckDB may take to write a part. */
  EXPORT_MEMORY_LIMIT: memory.default('96MB'),
  /** What patients' pseudonyms are made with: 64 hex digits, or a text that is hashed to a key. */
  PSEUDONYM_KEY: z.string().min(24),
  /** What the names of BigQuery's datasets begin with: the environment, `demo` of `demo_marts`. */
  BIGQUERY_DATASET_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_]{1,200}$/)
    .optional(),
  /** Bytes of a statement of dbt beyond which BigQuery refuses it. */
  BIGQUERY_MAXIMUM_BYTES_BILLED: z
    .string()
    .regex(/^[1-9]\d{6,17}$/)
    .optional(),
  /** Where dbt keeps what it made of the project; memory in the cloud. */
  DBT_STATE_DIR: z.string().min(1).optional(),
  /** The DuckDB file that is published for readers; without it reconcile leaves it out. */
  DUCKDB_PUBLISHED_PATH: z.string().min(1).optional(),
  /** Bytes that a compacted object has at the least, where there are so many. */
  COMPACT_TARGET_BYTES: whole(64 * 1024 * 1024, 1, 128 * 1024 * 1024),
  /** Batches of so many bytes are no small objects and stay as they are. Above 9 MB messages may refer to them. */
  COMPACT_LARGEST_BYTES: whole(8_000_000, 1, 9_000_000),
  /** Younger objects are left for the next run. */
  COMPACT_MIN_AGE_HOURS: whole(1, 0, 240),
  /** The folder that dashboard/build.ts made; `assets` beside the function's own code unless set. */
  PAGE_ASSETS: z.string().min(1).optional(),
  /** Where the local stack says how it is; in the cloud the marts and Cloud Monitoring do. */
  PIPELINE_URL: z.url({ protocol: /^https?$/ }).optional(),
  /** The environment whose hops the page reads from Cloud Monitoring, in GOOGLE_CLOUD_PROJECT; unset where it does not. */
  MONITORED_ENVIRONMENT: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,40}$/)
    .optional(),
  /** Reports in Looker Studio as JSON: `[{"name": …, "url": …}]`, as `npm run deploy` prints them. */
  LOOKER_LINKS: z.string().max(100_000).default('[]'),
  /** Where Dataflow jobs run and as whom: an object as dataflow-templates/launcher/environment.ts has it. */
  DATAFLOW_ENVIRONMENT: json.optional(),
  /** Jobs that are to run: `[{"template": "interaction-alerts", "name"?: "...", "parameters": {...}}]`. */
  DATAFLOW_JOBS: json.default([]),
  /** The function's own timeout; a load ends its work before it. */
  FUNCTION_TIMEOUT_SECONDS: whole(540, 1, 3600),
} as const

export type SettingName = keyof typeof settingSchemas

export { settingNames } from './setting-names.ts'

type Settings<N extends SettingName> = { [K in N]: z.output<(typeof settingSchemas)[K]> }

/**
 * Reads settings from an environment; an empty variable counts as unset. Throws PipelineError SETTING_INVALID that
 * names every setting that is missing or wrong, and none of their values.
 */
export function readSettings<N extends SettingName>(
  names: readonly N[],
  env: Readonly<Record<string, string | undefined>>,
): Settings<N> {
  const settings: Partial<Record<SettingName, unknown>> = {}
  const wrong: string[] = []
  for (const name of names) {
    const result = settingSchemas[name].safeParse(env[name] === '' ? undefined : env[name])
    if (result.success) settings[name] = result.data
    else wrong.push(`${name} ${env[name] ? 'is not valid' : 'is missing'}`)
  }
  if (wrong.length > 0) throw new PipelineError('SETTING_INVALID', { settings: wrong.join(', ') })
  return settings as Settings<N>
}
