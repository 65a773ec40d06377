import type { Column, ColumnType, Table } from '@pipeline/hospital/catalog.ts'
import { GENERATED, yamlText } from './sources.ts'

/** A type as dbt's macros `sql_type` and `typed` name it: `bigint`, `numeric(10,2)`. */
export function typeName(type: ColumnType): string {
  return type.kind === 'numeric' ? `numeric(${type.precision},${type.scale})` : type.kind
}

/** The current rows of a table, typed, in the catalog's order of columns. */
export function baseModelSql(table: Table): string {
  const columns = table.columns.map(
    ({ name, type }) => `  {{ typed('${name}', '${typeName(type)}') }} as ${name},\n`,
  )
  return `-- ${GENERATED}
-- depends_on: {{ ref('load_watermark') }}
with current_rows as (
  {{ current_changes(source('raw', '${table.name}_changes')) }}
)

select
${columns.join('')}  _sequence,
  _committed_at,
  _loaded_at
from current_rows
`
}

function columnTests(table: Table, column: Column): string[] {
  const tests: string[] = []
  if (table.key.length === 1 && table.key[0] === column.name) tests.push('- unique')
  if (!column.nullable) tests.push('- not_null')
  if (column.references)
    tests.push(
      '- relationships:',
      `    arguments: {to: ref('base_${column.references}'), field: ${column.name}}`,
      '    config: {severity: warn}',
    )
  return tests
}

function columnYaml(table: Table, column: Column): string {
  const lines = [
    `      - name: ${column.name}`,
    `        data_type: ${typeName(column.type)}`,
    `        description: ${yamlText(column.description)}`,
  ]
  if (column.identifies) lines.push(`        config: {meta: {identifies: ${column.identifies}}}`)
  const tests = columnTests(table, column)
  if (tests.length > 0) lines.push('        data_tests:', ...tests.map((line) => `          ${line}`))
  return lines.join('\n')
}

/** What a base model means, and its tests: key, nulls, references, and that every value is the captured one. */
export function baseModelYaml(table: Table): string {
  const types = table.columns.map(({ name, type }) => `              ${name}: ${typeName(type)}`)
  const description = `${table.description}: the row as it is in PostgreSQL, from the change with the highest sequence. Grain: ${table.key.join(', ')}.`
  return `# ${GENERATED}
version: 2

models:
  - name: base_${table.name}
    description: ${yamlText(description)}
    data_tests:
      - values_are_exact:
          name: values_are_exact_base_${table.name}
          arguments:
            changes: source('raw', '${table.name}_changes')
            key: ${table.key[0]}
            columns:
${types.join('\n')}
    columns:
${table.columns.map((column) => columnYaml(table, column)).join('\n')}
      - name: _sequence
        data_type: text
        description: Sequence of the winning change
        data_tests:
          - not_null
      - name: _committed_at
        data_type: timestamp
        description: When PostgreSQL committed the winning change, UTC
      - name: _loaded_at
        data_type: timestamp
        description: When the winning change came into the warehouse, UTC
`
}

/** What the base models have seen: built before them, so every change up to `loaded_at` is in them. */
export function watermarkSql(tables: readonly Table[]): string {
  const selects = tables.map(
    ({ name }) =>
      `select '${name}' as table_name, max(loadedAt) as loaded_at from {{ source('raw', '${name}_changes') }}\n`,
  )
  return `-- ${GENERATED}\n${selects.join('union all\n')}`
}
