import { changeTopic, type Table } from '@pipeline/hospital/catalog.ts'

export const GENERATED = 'Made from hospital/catalog.ts by local-emulators/dbt/generate.ts: do not edit.'

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

function tableYaml(table: Table): string {
  const description = `Every change of ${table.name} as it was captured, appended and never changed: one row a change of ${changeTopic(table.name)}; the same change may be there more than once.`
  return `      - name: ${table.name}_changes
        description: ${yamlText(description)}
        columns:
${CHANGE_COLUMNS.map(columnYaml).join('\n')}
`
}

/** dbt's declaration of the raw change logs. */
export function sourcesYaml(tables: readonly Table[]): string {
  return `# ${GENERATED}
version: 2

sources:
  - name: raw
    schema: raw
    description: The change logs, as the load functions append them. dbt only reads them.
    config:
      loaded_at_field: loadedAt
      freshness:
        warn_after: {count: 1, period: hour}
        error_after: {count: 24, period: hour}
    tables:
${tables.map(tableYaml).join('\n')}`
}
