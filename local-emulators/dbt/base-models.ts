import type { Column, Table } from '@pipeline/hospital/catalog.ts'
import { COMMITTED_AT, keyOf, LOADED_AT, SEQUENCE } from './latest-models.ts'
import { catalogColumns, modelYaml } from './model-yaml.ts'
import { GENERATED, logsDictionary } from './sources.ts'

/** The current rows of a table, typed, in the catalog's order of columns. */
export function baseModelSql(table: Table): string {
  const key = keyOf(table)
  const names = table.columns.map(({ name }) => `'${name}'`).join(', ')
  return `-- ${GENERATED}
-- depends_on: {{ ref('load_watermark') }}
{{ config(unique_key='${key}', pre_hook="{{ remove_gone('${table.name}', '${key}') }}") }}
{{ current_rows('${table.name}', '${key}', [${names}]) }}
`
}

function columnTests(table: Table, column: Column): string[] {
  const tests: string[] = []
  if (keyOf(table) === column.name) tests.push('- unique')
  if (!column.nullable) tests.push('- not_null')
  if (column.references)
    tests.push(
      '- relationships:',
      `    arguments: {to: ref('base_${column.references}'), field: ${column.name}}`,
      '    config: {severity: warn}',
    )
  return tests
}

/** What a base model means, and its tests: key, nulls, references, and that every value is the captured one. */
export function baseModelYaml(table: Table): string {
  const byName = new Map(table.columns.map((column) => [column.name, column]))
  const aboutLatest = (test: string): string[] => [
    `- ${test}:`,
    `    name: ${test}_base_${table.name}`,
    `    arguments: {latest: ref('latest_${table.name}')}`,
  ]
  return modelYaml(
    `base_${table.name}`,
    `${table.description}: the row as it is in PostgreSQL, from the change with the highest sequence. Grain: ${table.key.join(', ')}.`,
    [...aboutLatest('values_are_exact'), ...aboutLatest('rows_have_every_column')],
    [
      ...catalogColumns(table).map((column) => ({
        ...column,
        tests: columnTests(table, byName.get(column.name)!),
      })),
      SEQUENCE,
      COMMITTED_AT,
      LOADED_AT,
    ],
  )
}

/** What the base models have seen: built before them, so every change up to `loaded_at` is in them. */
export function watermarkSql(tables: readonly Table[]): string {
  return `-- ${GENERATED}\n{{ config(unique_key='table_name') }}\n{{ load_watermark({\n${logsDictionary(tables)}}) }}\n`
}
