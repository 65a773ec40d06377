import { changeTopic, type Table } from '@pipeline/hospital/catalog.ts'

export const GENERATED = 'Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.'

/** The change log of each table as entries of a dictionary of Jinja. */
export function logsDictionary(tables: readonly Table[]): string {
  return tables.map(({ name }) => `  '${name}': source('raw', '${name}_changes'),\n`).join('')
}

/** A text as YAML takes it whatever is in it. */
export function yamlText(text: string): string {
  return JSON.stringify(text)
}

interface SourceColumn {
  name: string
  type: string
  description: string
  tests?: readonly string[]
}

const OPS = ['r', 'c', 'u', 'd', 't']

const CHANGE_COLUMNS: readonly SourceColumn[] = [
  { name: 'table', type: 'text', description: 'Name of the table in PostgreSQL', tests: ['not_null'] },
  {
    name: 'op',
    type: 'text',
    description: 'r snapshot, c create, u update, d delete, t truncate',
    tests: ['not_null', `accepted_values: {arguments: {values: [${OPS.join(', ')}]}}`],
  },
  { name: 'key', type: 'json', description: 'Primary key; null for a truncate' },
  {
    name: 'row',
    type: 'json',
    description:
      'All columns after the change, money as exact decimal text; null for a delete and a truncate',
  },
  { name: 'row_key', type: 'text', description: 'The key as one text; null for a truncate' },
  {
    name: 'sequence',
    type: 'text',
    description: 'lastCommitLsn/lsn/ordinal in hex: comparing two as texts orders the changes',
    tests: ['not_null'],
  },
  { name: 'txId', type: 'bigint', description: 'Transaction in PostgreSQL; null for a snapshot row' },
  { name: 'committedAt', type: 'timestamp', description: 'When PostgreSQL committed it, UTC' },
  { name: 'capturedAt', type: 'timestamp', description: 'When Debezium read it, UTC' },
  { name: 'topic', type: 'text', description: 'Kafka topic that it came from' },
  { name: 'partition', type: 'integer', description: 'Partition of that topic' },
  { name: 'offset', type: 'bigint', description: 'Offset in that partition' },
  {
    name: 'loadedAt',
    type: 'timestamp',
    description: 'When it came into the warehouse, UTC',
    tests: ['not_null'],
  },
]

function columnYaml({ name, type, description, tests = [] }: SourceColumn): string {
  const lines = [
    `          - name: ${yamlText(name)}`,
    '            quote: true',
    `            data_type: ${type}`,
    `            description: ${yamlText(description)}`,
  ]
  if (tests.length > 0)
    lines.push('            data_tests:', ...tests.map((test) => `              - ${test}`))
  return lines.join('\n')
}

const RAW_SCHEMA =
  "\"{{ 'raw' if target.type == 'duckdb' else env_var('BIGQUERY_RAW_DATASET', target.schema ~ '_raw') }}\""

/** Fresh is a log whose newest commit is young. BigQuery reads the days of the last week only. */
const FRESHNESS = `        config:
          loaded_at_field: committedAt
          freshness:
            warn_after: {count: 1, period: hour}
            error_after: {count: 24, period: hour}
            filter: "{{ 'true' if target.type == 'duckdb' else 'committedAt >= timestamp_sub(current_timestamp(), interval 7 day)' }}"
`

const LEDGER = `      - name: load_objects
        description: Every object of the lake that was planned, loaded or given up. One row an object and generation.
        columns:
          - {name: object, data_type: text, description: Name in the lake}
          - {name: tableName, data_type: text, description: Table of the changes}
          - {name: state, data_type: text, description: 'planned, done or broken'}
          - {name: rows, quote: true, data_type: bigint, description: Changes that it added to the log}
          - {name: doneAt, data_type: timestamp, description: 'When it was loaded or given up, UTC'}
`

function tableYaml(table: Table): string {
  const description = `Every change of ${table.name} as it was captured, appended and never changed: one row a change of ${changeTopic(table.name)}; the same change may be there more than once.`
  return `      - name: ${table.name}_changes
        description: ${yamlText(description)}
${FRESHNESS}        columns:
${CHANGE_COLUMNS.map(columnYaml).join('\n')}
`
}

/** dbt's declaration of the raw change logs. */
export function sourcesYaml(tables: readonly Table[]): string {
  return `# ${GENERATED}
version: 2

sources:
  - name: raw
    schema: ${RAW_SCHEMA}
    description: The change logs and the ledger of loads, as the load functions write them. dbt only reads them.
    tables:
${tables.map(tableYaml).join('\n')}
${LEDGER}`
}
