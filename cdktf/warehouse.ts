import { BigqueryDataset } from '@cdktf/provider-google/lib/bigquery-dataset/index.js'
import { BigqueryDatasetIamMember } from '@cdktf/provider-google/lib/bigquery-dataset-iam-member/index.js'
import { BigqueryRowAccessPolicy } from '@cdktf/provider-google/lib/bigquery-row-access-policy/index.js'
import { BigqueryTable } from '@cdktf/provider-google/lib/bigquery-table/index.js'
import { DATASETS, type DatasetName } from '@pipeline/functions/manifest-parts.ts'
import {
  changesSpec,
  classOf,
  externalSpec,
  LEDGER,
  type PolicyTags,
  type TableSpec,
} from '@pipeline/functions/warehouse/bigquery/schema.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import type { Stage } from './stage.ts'

const DAY_MS = 86_400_000

const DESCRIPTIONS: Record<DatasetName, string> = {
  raw: 'Change logs as captured from PostgreSQL',
  trail: 'Where changes have been and when, without their rows',
  raw_loads: 'Loads under way; a table goes when its load is done, or after a day',
  external: 'The lake as it lies there',
  staging: 'Current rows, typed',
  intermediate: 'Facts with their dimensions',
  marts: 'Reports, without what identifies a patient',
  restricted: 'Reports that identify patients; for the care team',
}

/** Datasets, with who may read them. Readers need `roles/bigquery.jobUser` where they run their queries. */
export function buildDatasets({ stack, settings, names, protect, labels }: Stage) {
  const datasets = new Map<string, BigqueryDataset>()
  for (const [name, description] of Object.entries(DESCRIPTIONS) as [DatasetName, string][]) {
    const passing = name === DATASETS.loads
    datasets.set(
      name,
      new BigqueryDataset(stack, `dataset-${name}`, {
        datasetId: names.dataset(name),
        location: settings.region,
        description,
        labels: { ...labels, layer: name },
        maxTimeTravelHours: '168',
        deleteContentsOnDestroy: !protect,
        defaultEncryptionConfiguration: { kmsKeyName: names.key },
        ...(passing ? { defaultTableExpirationMs: DAY_MS } : {}),
        lifecycle: { preventDestroy: protect && !passing },
      }),
    )
  }
  const grant = (dataset: string, who: 'analysts' | 'careTeam') =>
    new BigqueryDatasetIamMember(stack, `read-${dataset}-${who}`, {
      datasetId: datasets.get(dataset)!.datasetId,
      role: 'roles/bigquery.dataViewer',
      member: `group:${settings.readers[who]}`,
    })
  grant('marts', 'analysts')
  for (const dataset of ['marts', 'restricted']) grant(dataset, 'careTeam')
  return datasets
}

/**
 * The tables of the catalog, shaped as the loaders shape them. Rows of tables that tell of patients open to `accounts`
 * (those of the functions that use them) and the care team only, whoever else may read the dataset. Gives the tables of
 * the raw dataset.
 */
export function buildTables(
  { stack, settings, names, protect, labels }: Stage,
  datasets: ReadonlyMap<string, BigqueryDataset>,
  tags: PolicyTags,
  accounts: readonly string[],
): Map<string, BigqueryTable> {
  const logs = new Map<string, BigqueryTable>()
  const add = (dataset: DatasetName, { name, metadata }: TableSpec) => {
    const { schema, timePartitioning, clustering, externalDataConfiguration: external } = metadata
    const { hivePartitioningOptions: hive, ...outside } = (external ?? {}) as Record<string, unknown> & {
      hivePartitioningOptions?: { mode: string; sourceUriPrefix: string; requirePartitionFilter: boolean }
    }
    const made = new BigqueryTable(stack, `${dataset}-${name}`, {
      datasetId: datasets.get(dataset)!.datasetId,
      tableId: name,
      description: metadata.description!,
      labels: { ...(metadata.labels as Record<string, string>), ...labels },
      deletionProtection: protect && !external,
      ...(external
        ? {
            externalDataConfiguration: {
              autodetect: false,
              sourceFormat: outside.sourceFormat as string,
              sourceUris: outside.sourceUris as string[],
              compression: outside.compression as string,
              ignoreUnknownValues: true,
              schema: JSON.stringify((outside.schema as { fields: unknown }).fields),
              hivePartitioningOptions: hive!,
            },
          }
        : {
            schema: JSON.stringify(schema.fields),
            encryptionConfiguration: { kmsKeyName: names.key },
            lifecycle: { preventDestroy: protect },
          }),
      ...(timePartitioning
        ? { timePartitioning: { type: timePartitioning.type!, field: timePartitioning.field! } }
        : {}),
      ...(clustering ? { clustering: clustering.fields! } : {}),
    })
    if (dataset === DATASETS.raw) logs.set(name, made)
    return made
  }
  add(DATASETS.raw, LEDGER)
  for (const table of catalog) {
    const log = add(DATASETS.raw, changesSpec(table, tags))
    add(DATASETS.external, externalSpec(table, names.bucket('lake')))
    if (!['patient', 'patient-with-others'].includes(classOf(table.columns) ?? '')) continue
    new BigqueryRowAccessPolicy(stack, `rows-${table.name}`, {
      datasetId: log.datasetId,
      tableId: log.tableId,
      policyId: 'pipeline_and_care_team',
      filterPredicate: 'TRUE',
      grantees: [
        ...accounts.map((account) => `serviceAccount:${names.accountEmail(account)}`),
        `group:${settings.readers.careTeam}`,
      ],
    })
  }
  return logs
}
