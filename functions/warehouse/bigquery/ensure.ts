import type { BigQuery, Dataset, TableField, TableMetadata } from '@google-cloud/bigquery'
import type { Table } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { codeOf, ours } from './errors.ts'
import { changesSpec, externalSpec, LEDGER, type PolicyTags, type TableSpec } from './schema.ts'

export interface Datasets {
  /** Change logs and ledger. */
  raw: string
  /** Tables of loads under way; only the loaders may read it. */
  loads: string
  /** Tables over the lake; made only together with `bucket`. */
  external?: { dataset: string; bucket: string }
}

const DAY_MS = 86_400_000
const ALIASES: Record<string, string> = { INTEGER: 'INT64', FLOAT: 'FLOAT64', BOOLEAN: 'BOOL' }
const typeOf = ({ type = '' }: TableField): string => ALIASES[type] ?? type
const modeOf = ({ mode }: TableField): string => mode || 'NULLABLE'

async function ensureDataset(bigquery: BigQuery, id: string, metadata: object): Promise<Dataset> {
  const dataset = bigquery.dataset(id)
  try {
    const [found] = await dataset.getMetadata()
    const location = String(found.location)
    if (bigquery.location && location.toLowerCase() !== bigquery.location.toLowerCase()) {
      throw new PipelineError('WAREHOUSE_SCHEMA_CONFLICT', {
        dataset: id,
        location,
        wanted: bigquery.location,
      })
    }
  } catch (error) {
    if (codeOf(error) !== 404) throw ours(error, 'read dataset', id)
    try {
      await bigquery.createDataset(id, {
        ...metadata,
        ...(bigquery.location ? { location: bigquery.location } : {}),
      })
    } catch (cause) {
      if (codeOf(cause) !== 409) throw ours(cause, 'create dataset', id)
    }
  }
  return dataset
}

/** What an existing table has otherwise than it should, so that nothing here may mend it. */
function conflicts(found: TableMetadata, { metadata }: TableSpec): string[] {
  const fields = new Map((found.schema?.fields ?? []).map((each: TableField) => [each.name, each]))
  const wrong: string[] = []
  for (const wanted of metadata.schema.fields) {
    const there = fields.get(wanted.name)
    if (there === undefined) continue
    if (typeOf(there) !== typeOf(wanted))
      wrong.push(`${wanted.name} is ${typeOf(there)}, not ${typeOf(wanted)}`)
    else if (modeOf(there) === 'REPEATED') wrong.push(`${wanted.name} is repeated`)
  }
  const names = new Set(metadata.schema.fields.map(({ name }) => name))
  for (const [name, each] of fields) {
    if (!names.has(name) && modeOf(each) === 'REQUIRED') wrong.push(`${name} is required and unknown`)
  }
  const [by, wantedBy] = [found.timePartitioning, metadata.timePartitioning]
  if (by?.type !== wantedBy?.type || by?.field !== wantedBy?.field) wrong.push('it is partitioned otherwise')
  const external = found.type === 'EXTERNAL' || Boolean(found.externalDataConfiguration)
  const wantsExternal = Boolean(metadata.externalDataConfiguration)
  // The emulator calls an external table TABLE; one that holds rows of its own is surely none.
  const isOther = wantsExternal ? !external && Number(found.numRows ?? 0) > 0 : external
  if (isOther || !/^(TABLE|EXTERNAL)$/.test(found.type ?? 'TABLE')) wrong.push(`it is of type ${found.type}`)
  return wrong
}

/** The fields that it should have, behind those that are there; undefined when it has all, described and tagged. */
function mended(found: TableMetadata, { metadata }: TableSpec): TableField[] | undefined {
  const there: TableField[] = found.schema?.fields ?? []
  const wanted = new Map(metadata.schema.fields.map((each) => [each.name, each]))
  let changed = false
  const fields = there.map((each) => {
    const { description, policyTags } = wanted.get(each.name) ?? each
    const tags = policyTags ?? each.policyTags
    if (description === each.description && tags?.names?.[0] === each.policyTags?.names?.[0]) return each
    changed = true
    return { ...each, ...(description ? { description } : {}), ...(tags ? { policyTags: tags } : {}) }
  })
  const names = new Set(there.map(({ name }) => name))
  // BigQuery takes no new column that is required: rows that are there already have no value for it.
  const added = metadata.schema.fields
    .filter(({ name }) => !names.has(name))
    .map((each) => ({ ...each, mode: 'NULLABLE' }))
  return changed || added.length > 0 ? [...fields, ...added] : undefined
}

async function ensureTable(dataset: Dataset, spec: TableSpec): Promise<void> {
  const table = dataset.table(spec.name)
  const place = `${dataset.id}.${spec.name}`
  try {
    let found: TableMetadata
    try {
      ;[found] = await table.getMetadata()
    } catch (error) {
      if (codeOf(error) !== 404) throw error
      try {
        await dataset.createTable(spec.name, spec.metadata)
        return
      } catch (cause) {
        if (codeOf(cause) !== 409) throw cause
        ;[found] = await table.getMetadata()
      }
    }
    const wrong = conflicts(found, spec)
    if (wrong.length > 0)
      throw new PipelineError('WAREHOUSE_SCHEMA_CONFLICT', { table: place, found: wrong.join('; ') })
    const fields = spec.metadata.externalDataConfiguration ? undefined : mended(found, spec)
    if (fields) await table.setMetadata({ schema: { fields } })
  } catch (error) {
    throw ours(error, 'make table', place)
  }
}

/**
 * Makes what is missing of datasets, ledger, change logs and external tables, and adds columns that are missing. Throws
 * WAREHOUSE_SCHEMA_CONFLICT on a table that is there in another shape.
 */
export async function ensureWarehouse(
  bigquery: BigQuery,
  datasets: Datasets,
  tables: readonly Table[],
  tags: PolicyTags,
): Promise<void> {
  const described = { labels: { pipeline: 'hospital' } }
  const [raw] = await Promise.all([
    ensureDataset(bigquery, datasets.raw, {
      ...described,
      description: 'Change logs as captured from PostgreSQL',
    }),
    ensureDataset(bigquery, datasets.loads, {
      ...described,
      description: 'Loads under way; a table goes when its load is done, or after a day',
      defaultTableExpirationMs: String(DAY_MS),
    }),
  ])
  await Promise.all(
    [LEDGER, ...tables.map((table) => changesSpec(table, tags))].map((spec) => ensureTable(raw, spec)),
  )
  if (datasets.external === undefined) return
  const { dataset: id, bucket } = datasets.external
  const external = await ensureDataset(bigquery, id, {
    ...described,
    description: 'The lake as it lies there',
  })
  await Promise.all(tables.map((table) => ensureTable(external, externalSpec(table, bucket))))
}
