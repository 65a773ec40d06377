import type { TableField, TableMetadata } from '@google-cloud/bigquery'
import type { Identifies, Table } from '@pipeline/hospital/catalog.ts'

/** Names of policy tags by the class that they protect; a class without one stays unprotected (as locally). */
export type PolicyTags = Partial<Record<Identifies, string>>

export interface TableSpec {
  name: string
  metadata: TableMetadata & { schema: { fields: TableField[] } }
}

type Type = 'STRING' | 'INT64' | 'TIMESTAMP' | 'JSON'

function field(
  name: string,
  type: Type,
  description: string,
  mode: 'REQUIRED' | 'NULLABLE' = 'NULLABLE',
): TableField {
  return { name, type, mode, description }
}

const STRICTEST: readonly Identifies[] = ['patient', 'patient-with-others', 'staff']

/** The strictest class among some columns of a table. */
export function classOf(columns: Table['columns']): Identifies | undefined {
  return STRICTEST.find((each) => columns.some(({ identifies }) => identifies === each))
}

function tagged(of: TableField, identifies: Identifies | undefined, tags: PolicyTags): TableField {
  const name = identifies && tags[identifies]
  return name ? { ...of, policyTags: { names: [name] } } : of
}

/** Labels hold lower-case letters, digits, `_` and `-` only. */
function labels(table: Table): Record<string, string> {
  return {
    pipeline: 'hospital',
    layer: 'raw',
    kind: table.kind,
    identifies: classOf(table.columns) ?? 'none',
  }
}

/**
 * The raw change log of a table. A day is a partition, which a load and a reader of one day touch alone; inside, rows
 * lie by key and sequence, as dbt and reconcile look for a key's last change. `key`, `row` and `row_key` hold what
 * identifies, so they carry the policy tag of the strictest column that they may hold.
 */
export function changesSpec(table: Table, tags: PolicyTags): TableSpec {
  const ofKey = classOf(table.columns.filter(({ name }) => table.key.includes(name)))
  const ofRow = classOf(table.columns)
  const fields = [
    field('table', 'STRING', 'Name of the table in PostgreSQL', 'REQUIRED'),
    field('op', 'STRING', 'r snapshot, c create, u update, d delete, t truncate', 'REQUIRED'),
    tagged(field('key', 'JSON', 'Primary key; null for a truncate'), ofKey, tags),
    tagged(
      field(
        'row',
        'JSON',
        'All columns after the change; null for a delete and a truncate. Decimals are strings',
      ),
      ofRow,
      tags,
    ),
    tagged(
      field('row_key', 'STRING', 'The key as one text: the value, or a JSON array of a composite key'),
      ofKey,
      tags,
    ),
    field(
      'sequence',
      'STRING',
      'Order of changes: fixed-width hex lastCommitLsn/lsn/ordinal; the highest of a row_key wins',
      'REQUIRED',
    ),
    field('txId', 'INT64', 'Low 32 bits of the transaction id in PostgreSQL; null for a snapshot row'),
    field('committedAt', 'TIMESTAMP', 'Commit in PostgreSQL; the partition is its UTC day', 'REQUIRED'),
    field('capturedAt', 'TIMESTAMP', 'When Debezium read the change', 'REQUIRED'),
    field('topic', 'STRING', 'Kafka topic: topic, partition and offset identify a change', 'REQUIRED'),
    field('partition', 'INT64', 'Kafka partition', 'REQUIRED'),
    field('offset', 'INT64', 'Kafka offset', 'REQUIRED'),
    field('loadedAt', 'TIMESTAMP', 'When the change was loaded', 'REQUIRED'),
  ]
  return {
    name: `${table.name}_changes`,
    metadata: {
      description: `Every change of ${table.name}, each once. ${table.description}`,
      labels: labels(table),
      schema: { fields },
      timePartitioning: { type: 'DAY', field: 'committedAt' },
      clustering: { fields: ['row_key', 'sequence'] },
    },
  }
}

/** Which object of the lake, in which generation, was loaded by which load, and what became of it. */
export const LEDGER: TableSpec = {
  name: 'load_objects',
  metadata: {
    description: 'Ledger of loads: every object of the lake that was planned, loaded or given up',
    labels: { pipeline: 'hospital', layer: 'raw', kind: 'ledger', identifies: 'none' },
    schema: {
      fields: [
        field('object', 'STRING', 'Name in the lake', 'REQUIRED'),
        field('generation', 'INT64', 'Generation of the object', 'REQUIRED'),
        field('tableName', 'STRING', 'Table of the changes', 'REQUIRED'),
        field('loadId', 'STRING', 'The load that it belongs to', 'REQUIRED'),
        field('state', 'STRING', 'planned, done or broken', 'REQUIRED'),
        field('reasonCode', 'STRING', 'Error code of a broken object'),
        field('rows', 'INT64', 'Rows that it added; fewer than it has where offsets were there already'),
        field('topic', 'STRING', 'Kafka topic'),
        field('partition', 'INT64', 'Kafka partition'),
        field('firstOffset', 'INT64', 'First Kafka offset'),
        field('lastOffset', 'INT64', 'Last Kafka offset'),
        field('size', 'INT64', 'Bytes in the lake', 'REQUIRED'),
        field('count', 'INT64', 'Changes inside, as the object says'),
        field('md5', 'STRING', 'MD5 in base64, as the lake says'),
        field('storedAt', 'TIMESTAMP', 'When it was stored in the lake', 'REQUIRED'),
        field('plannedAt', 'TIMESTAMP', 'When its load was planned', 'REQUIRED'),
        field('doneAt', 'TIMESTAMP', 'When it was loaded or given up'),
        field('appliedBy', 'STRING', 'Id of the BigQuery job that loaded it'),
      ],
    },
    clustering: { fields: ['tableName', 'object'] },
  },
}

/** Staged lines as the loader writes them: `key` and `row` are texts of JSON. `_n`: see stagedFile. */
export const STAGED_FIELDS: TableField[] = [
  ...['op', 'key', 'row', 'row_key', 'sequence', 'topic'].map((name) => ({ name, type: 'STRING' })),
  ...['committedAt', 'capturedAt'].map((name) => ({ name, type: 'TIMESTAMP' })),
  ...['txId', 'partition', 'offset', '_n'].map((name) => ({ name, type: 'INT64' })),
]

/** The lake's objects of a table as they lie there, to look at; a query must name the days that it wants. */
export function externalSpec(table: Table, bucket: string): TableSpec {
  const prefix = `gs://${bucket}/changes/${table.name}/`
  const [loaded, computed] = [new Set(['row_key', 'loadedAt']), changesSpec(table, {})]
  const fields = computed.metadata.schema.fields.filter(({ name }) => !loaded.has(name!))
  return {
    name: `${table.name}_changes`,
    metadata: {
      description: `The lake's objects of ${table.name} as they lie there; a change may be in several. For looking, not for reports`,
      labels: { ...labels(table), layer: 'external' },
      schema: { fields },
      externalDataConfiguration: {
        sourceFormat: 'NEWLINE_DELIMITED_JSON',
        // Compacted objects are Parquet, which one table can't hold beside NDJSON.
        sourceUris: [`${prefix}*.ndjson.gz`],
        compression: 'GZIP',
        ignoreUnknownValues: true,
        schema: { fields: fields.map(({ name, type }) => ({ name, type })) },
        hivePartitioningOptions: {
          mode: 'CUSTOM',
          sourceUriPrefix: `${prefix}{date:STRING}`,
          requirePartitionFilter: true,
        },
      } as NonNullable<TableMetadata['externalDataConfiguration']>,
    },
  }
}
