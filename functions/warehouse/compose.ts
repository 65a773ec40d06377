import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { readSettings, settingNames } from '../settings.ts'
import { type BigqueryOptions, bigqueryClient } from './bigquery/client.ts'
import type { Datasets } from './bigquery/ensure.ts'
import type { PolicyTags } from './bigquery/schema.ts'
import { bigqueryWarehouse } from './bigquery/warehouse.ts'
import type { DuckdbFileOptions } from './duckdb-file.ts'
import { lazily } from './lazily.ts'
import type { Warehouse } from './port.ts'

type LoaderSettings = ReturnType<typeof readSettings<(typeof settingNames.loader)[number]>>
type Given<N extends keyof LoaderSettings> = Pick<LoaderSettings, N>

/** A transaction names its objects one by one, and BigQuery takes statements of up to a million characters. */
const MAX_OBJECTS = 3000

function missing(setting: string, warehouse: string): PipelineError {
  return new PipelineError('SETTING_INVALID', {
    settings: `${setting} is missing, WAREHOUSE=${warehouse} needs it`,
  })
}

/** The DuckDB file's options. Throws SETTING_INVALID without DUCKDB_PATH. */
export function duckdbFile(
  settings: Given<'DUCKDB_PATH' | 'DUCKDB_MEMORY_LIMIT' | 'DUCKDB_THREADS' | 'DUCKDB_LOCK_WAIT_SECONDS'>,
): DuckdbFileOptions {
  if (settings.DUCKDB_PATH === undefined) throw missing('DUCKDB_PATH', 'duckdb')
  return {
    path: settings.DUCKDB_PATH,
    memoryLimit: settings.DUCKDB_MEMORY_LIMIT,
    threads: settings.DUCKDB_THREADS,
    lockWaitMs: settings.DUCKDB_LOCK_WAIT_SECONDS * 1000,
  }
}

/** How to reach BigQuery. Throws SETTING_INVALID without BIGQUERY_LOCATION. */
export function bigqueryOptions(
  settings: Given<'BIGQUERY_LOCATION' | 'BIGQUERY_EMULATOR_HOST' | 'GOOGLE_CLOUD_PROJECT'>,
): BigqueryOptions {
  if (settings.BIGQUERY_LOCATION === undefined) throw missing('BIGQUERY_LOCATION', 'bigquery')
  return {
    projectId: settings.GOOGLE_CLOUD_PROJECT,
    location: settings.BIGQUERY_LOCATION,
    emulatorHost: settings.BIGQUERY_EMULATOR_HOST,
  }
}

/** Names of the datasets, with the external tables over the lake. */
export function datasetsOf(
  settings: Given<
    'BIGQUERY_RAW_DATASET' | 'BIGQUERY_LOADS_DATASET' | 'BIGQUERY_EXTERNAL_DATASET' | 'LAKE_BUCKET'
  >,
): Datasets {
  return {
    raw: settings.BIGQUERY_RAW_DATASET,
    loads: settings.BIGQUERY_LOADS_DATASET,
    external: { dataset: settings.BIGQUERY_EXTERNAL_DATASET, bucket: settings.LAKE_BUCKET },
  }
}

/** The warehouse that WAREHOUSE names. Throws SETTING_INVALID when one of its settings is missing. */
export function composeWarehouse(settings: LoaderSettings): Warehouse {
  if (settings.WAREHOUSE === 'duckdb') {
    const file = duckdbFile(settings)
    return lazily(async () => (await import('./duckdb.ts')).duckdbWarehouse(file))
  }
  if (settings.LOAD_GROUP_OBJECTS > MAX_OBJECTS)
    throw new PipelineError('SETTING_INVALID', { settings: `LOAD_GROUP_OBJECTS is above ${MAX_OBJECTS}` })
  const policyTags: PolicyTags = {}
  const set = (identifies: keyof PolicyTags, tag: string | undefined) => {
    if (tag !== undefined) policyTags[identifies] = tag
  }
  set('patient', settings.BIGQUERY_POLICY_TAG_PATIENT)
  set('patient-with-others', settings.BIGQUERY_POLICY_TAG_PATIENT_WITH_OTHERS)
  set('staff', settings.BIGQUERY_POLICY_TAG_STAFF)
  return bigqueryWarehouse({
    bigquery: bigqueryClient(bigqueryOptions(settings)),
    datasets: datasetsOf(settings),
    policyTags,
    loadsPerDay: settings.BIGQUERY_LOADS_A_DAY,
    timeoutMs: settings.BIGQUERY_JOB_TIMEOUT_SECONDS * 1000,
  })
}
