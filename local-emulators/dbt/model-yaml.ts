import type { Column, ColumnType, Table } from '@pipeline/hospital/catalog.ts'
import { GENERATED, yamlText } from './sources.ts'

/** A type as dbt's macros `sql_type` and `typed` name it: `bigint`, `numeric(10,2)`. */
export function typeName(type: ColumnType): string {
  return type.kind === 'numeric' ? `numeric(${type.precision},${type.scale})` : type.kind
}

/** One column of a model's YAML. `tests` are lines of YAML, a list. */
export interface ModelColumn {
  name: string
  type: string
  description: string
  identifies?: Column['identifies']
  tests?: readonly string[]
}

function columnYaml({ name, type, description, identifies, tests = [] }: ModelColumn): string {
  const lines = [
    `      - name: ${name}`,
    `        data_type: ${type}`,
    `        description: ${yamlText(description)}`,
  ]
  if (identifies) lines.push(`        config: {meta: {identifies: ${identifies}}}`)
  if (tests.length > 0) lines.push('        data_tests:', ...tests.map((line) => `          ${line}`))
  return lines.join('\n')
}

/** A model's YAML. `tests` are lines of YAML, a list. */
export function modelYaml(
  name: string,
  description: string,
  tests: readonly string[],
  columns: readonly ModelColumn[],
): string {
  const ofModel = tests.length > 0 ? ['    data_tests:', ...tests.map((line) => `      ${line}`)] : []
  return [
    `# ${GENERATED}`,
    'version: 2',
    '',
    'models:',
    `  - name: ${name}`,
    `    description: ${yamlText(description)}`,
    ...ofModel,
    '    columns:',
    ...columns.map(columnYaml),
    '',
  ].join('\n')
}

/** The catalog's columns of a table as columns of a model, without tests. */
export function catalogColumns(table: Table): ModelColumn[] {
  return table.columns.map(({ name, type, description, identifies }) => ({
    name,
    type: typeName(type),
    description,
    ...(identifies ? { identifies } : {}),
  }))
}

/** Columns and types as a dictionary of Jinja, indented. */
export function columnsDictionary(table: Table, indent = '    '): string {
  return table.columns.map(({ name, type }) => `${indent}'${name}': '${typeName(type)}',\n`).join('')
}
