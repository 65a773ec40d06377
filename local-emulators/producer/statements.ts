import { type ColumnType, findTable, SCHEMA, type Table } from '@pipeline/hospital/catalog.ts'
import type { Operation } from '@pipeline/hospital/simulator/operation.ts'
import type { Batch } from './batches.ts'

export interface Statement {
  text: string
  values: [string]
}

function sqlType(type: ColumnType): string {
  if (type.kind === 'numeric') return `numeric(${type.precision}, ${type.scale})`
  return type.kind === 'timestamp' ? 'timestamptz' : type.kind
}

function fields(table: Table): string[] {
  return table.columns.map(({ name, type }) => `${name} ${sqlType(type)}`)
}

function oldKey(name: string): string {
  return `old_${name}`
}

function sameKey(table: Table, given: (name: string) => string = (name) => name): string {
  return table.key.map((name) => `t.${name} = r.${given(name)}`).join(' AND ')
}

function keyFields(table: Table, given: (name: string) => string = (name) => name): string[] {
  return table.columns
    .filter(({ name }) => table.key.includes(name))
    .map(({ name, type }) => `${given(name)} ${sqlType(type)}`)
}

function compose(table: Table, op: Operation['op']): string {
  const target = `${SCHEMA}.${table.name}`
  const given = (columns: string[]) => `json_to_recordset($1::json) AS r(${columns.join(', ')})`
  const names = table.columns.map(({ name }) => name)
  const set = (columns: string[]) => columns.map((name) => `${name} = r.${name}`).join(', ')
  switch (op) {
    case 'insert':
      return `INSERT INTO ${target} (${names.join(', ')}) SELECT ${names.map((name) => `r.${name}`).join(', ')} FROM ${given(fields(table))}`
    case 'update':
      return `UPDATE ${target} AS t SET ${set(names.filter((name) => !table.key.includes(name)))} FROM ${given(fields(table))} WHERE ${sameKey(table)}`
    case 'rekey':
      return `UPDATE ${target} AS t SET ${set(names)} FROM ${given([...fields(table), ...keyFields(table, oldKey)])} WHERE ${sameKey(table, oldKey)}`
    case 'delete':
      return `DELETE FROM ${target} AS t USING ${given(keyFields(table))} WHERE ${sameKey(table)}`
  }
}

const composed = new Map<string, string>()

function rowOf(operation: Operation): unknown {
  switch (operation.op) {
    case 'delete':
      return operation.key
    case 'rekey':
      return {
        ...operation.row,
        ...Object.fromEntries(
          Object.entries(operation.oldKey).map(([name, value]) => [oldKey(name), value] as const),
        ),
      }
    default:
      return operation.row
  }
}

/** One set-based statement for a batch, made from the catalog, with all values in one parameter. */
export function toStatement({ op, table, operations }: Batch): Statement {
  const name = `${op} ${table}`
  const text = composed.get(name) ?? compose(findTable(table)!, op)
  composed.set(name, text)
  return { text, values: [JSON.stringify(operations.map(rowOf))] }
}

/** Whether any row of a table with one of these keys is there; `$1` is a JSON array of keys. */
export function existsStatement(tableName: string, keys: readonly unknown[]): Statement {
  const table = findTable(tableName)!
  const text =
    `SELECT EXISTS (SELECT FROM ${SCHEMA}.${table.name} AS t ` +
    `JOIN json_to_recordset($1::json) AS r(${keyFields(table).join(', ')}) ON ${sameKey(table)}) AS there`
  return { text, values: [JSON.stringify(keys)] }
}
