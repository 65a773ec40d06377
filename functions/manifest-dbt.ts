import { DATASETS, type FunctionEntry, SECRETS } from './manifest-parts.ts'
import { changeLake, onDatasets, readSecret, runJobs, settingsOf } from './manifest-sources.ts'
import { settingNames } from './settings.ts'

/** dbt: the marts, their tests and their docs. */
export const runDbt: FunctionEntry = {
  name: 'run-dbt',
  entryPoint: 'run_dbt',
  folder: 'run-dbt',
  runtime: 'python312',
  beside: ['dbt'],
  trigger: {
    kind: 'schedule',
    // Between loads of dimensions.
    cron: '10,40 * * * *',
    timeZone: 'UTC',
    attemptDeadlineSeconds: 1800,
    // What fails is a finding about the data: the next run looks again.
    retries: 0,
  },
  memoryMiB: 2048,
  cpu: 1,
  timeoutSeconds: 1800,
  concurrency: 1,
  maxInstances: 1,
  settings: settingsOf(settingNames['run-dbt']),
  access: [
    // Artifacts are added, and the docs replaced.
    changeLake,
    readSecret(SECRETS.pseudonymKey),
    runJobs,
    ...onDatasets('roles/bigquery.dataViewer', DATASETS.raw),
    ...onDatasets(
      'roles/bigquery.dataEditor',
      DATASETS.staging,
      DATASETS.intermediate,
      DATASETS.marts,
      DATASETS.restricted,
    ),
  ],
}
