import type { Table } from '@pipeline/hospital/catalog.ts'
import { catalogColumns, columnsDictionary, type ModelColumn, modelYaml, typeName } from './model-yaml.ts'
import { GENERATED } from './sources.ts'

/** The key column of a table; a test of the catalog holds that there is one. */
export function keyOf(table: Table): string {
  return table.key[0]!
}

/** The day or time of a fact, by which BigQuery lays it into months; undefined for what has none. */
function monthColumn(table: Table): { name: string; type: string } | undefined {
  if (table.kind !== 'fact') return undefined
  const column = table.columns.find(
    ({ type, nullable }) => !nullable && (type.kind === 'date' || type.kind === 'timestamp'),
  )
  return column && { name: column.name, type: typeName(column.type) }
}

/** The last change of every key. */
export function latestModelSql(table: Table): string {
  const key = keyOf(table)
  const month = monthColumn(table)
  const whole = table.columns.find(({ name }) => name === key)!.type.kind
  const bounds = whole === 'bigint' || whole === 'integer' ? `, meta={'bounds': '${key}'}` : ''
  const partition = month ? `, partition_by=by_month('${month.name}', '${month.type}')` : ''
  return ofLog(table, `unique_key='row_key', cluster_by=['${key}']${partition}${bounds}`, 'latest_changes')
}

/** A model that a macro makes of a table's change log. */
function ofLog(table: Table, config: string, macro: string): string {
  return `-- ${GENERATED}
-- depends_on: {{ ref('load_watermark') }}
{{ config(${config}) }}
{{ ${macro}(
  table='${table.name}',
  changes=source('raw', '${table.name}_changes'),
  key='${keyOf(table)}',
  columns={
${columnsDictionary(table)}  }
) }}
`
}

export const SEQUENCE: ModelColumn = {
  name: '_sequence',
  type: 'text',
  description: 'Sequence of the winning change',
  tests: ['- not_null'],
}
export const COMMITTED_AT: ModelColumn = {
  name: '_committed_at',
  type: 'timestamp',
  description: 'When PostgreSQL committed the winning change, UTC',
}
export const LOADED_AT: ModelColumn = {
  name: '_loaded_at',
  type: 'timestamp',
  description: 'When the winning change came into the warehouse, UTC',
}
const LOADED: ModelColumn = { ...LOADED_AT, tests: ['- not_null'] }

const OF_CHANGE: readonly ModelColumn[] = [
  SEQUENCE,
  {
    name: '_version',
    type: 'bigint',
    description: 'Another number for another change of the key; of one engine only',
    tests: ['- not_null'],
  },
  {
    name: '_inexact',
    type: 'text',
    description: 'Columns whose captured value the type can not hold as it is; null when there are none',
  },
  {
    name: '_absent',
    type: 'text',
    description: 'Columns of the catalog that the captured row does not have; null when it has all',
  },
  COMMITTED_AT,
  LOADED,
]

export function latestModelYaml(table: Table): string {
  const key = keyOf(table)
  const own = catalogColumns(table)
  const rowKey: ModelColumn = {
    name: 'row_key',
    type: 'text',
    description: 'The key as one text',
    tests: ['- unique', '- not_null'],
  }
  const identifies = own.find(({ name }) => name === key)?.identifies
  return modelYaml(
    `latest_${table.name}`,
    `The last change of every key of ${table.name}, deletes too, so that a change which comes late finds what is newer than it. A row is one key; columns are null after a delete. Grain: row_key.`,
    [
      '- is_the_whole_log:',
      `    name: is_the_whole_log_latest_${table.name}`,
      `    arguments: {changes: "source('raw', '${table.name}_changes')"}`,
    ],
    [
      identifies ? { ...rowKey, identifies } : rowKey,
      {
        name: '_is_deleted',
        type: 'boolean',
        description: 'Whether the last change is a delete',
        tests: ['- not_null'],
      },
      ...own.filter(({ name }) => name === key),
      ...own.filter(({ name }) => name !== key),
      ...OF_CHANGE,
    ],
  )
}

/** Every version that a row ever had, for tables whose history matters. */
export function versionsModelSql(table: Table): string {
  return ofLog(table, `unique_key='version_key', cluster_by=['${keyOf(table)}']`, 'row_versions')
}

export function versionsModelYaml(table: Table): string {
  const own = catalogColumns(table)
  const key = keyOf(table)
  const identifies = own.find(({ name }) => name === key)?.identifies
  const versionKey: ModelColumn = {
    name: 'version_key',
    type: 'text',
    description: 'Key and sequence as one text',
    tests: ['- unique', '- not_null'],
  }
  return modelYaml(
    `versions_${table.name}`,
    `Every change of ${table.name} once, typed: what its history is made of. Grain: version_key.`,
    [],
    [
      identifies ? { ...versionKey, identifies } : versionKey,
      ...own.filter(({ name }) => name === key),
      ...own.filter(({ name }) => name !== key),
      { name: '_is_deleted', type: 'boolean', description: 'Whether the change is a delete' },
      SEQUENCE,
      COMMITTED_AT,
      LOADED,
    ],
  )
}
