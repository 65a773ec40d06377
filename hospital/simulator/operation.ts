import { findTable } from '../catalog.ts'

/** A column's value as PostgreSQL takes it: money, dates and timestamps are text. */
export type SqlValue = string | number | null
export type SqlRow = Record<string, SqlValue>

/** One change of one row. `row` holds all columns after the change; a rekey gives a row another primary key. */
export type Operation =
  | { op: 'insert' | 'update'; table: string; key: SqlRow; row: SqlRow }
  | { op: 'delete'; table: string; key: SqlRow; row: null }
  | { op: 'rekey'; table: string; oldKey: SqlRow; key: SqlRow; row: SqlRow }

function keyOf(table: string, row: SqlRow): SqlRow {
  const known = findTable(table)
  if (!known) throw new RangeError(`no table ${table} in the catalog`)
  return Object.fromEntries(known.key.map((name) => [name, row[name]!]))
}

export function insert(table: string, row: SqlRow): Operation {
  return { op: 'insert', table, key: keyOf(table, row), row }
}

export function update(table: string, row: SqlRow): Operation {
  return { op: 'update', table, key: keyOf(table, row), row }
}

/** Takes a row, or any object that holds its key. */
export function remove(table: string, row: SqlRow): Operation {
  return { op: 'delete', table, key: keyOf(table, row), row: null }
}

/** `row` already has the new key. */
export function rekey(table: string, before: SqlRow, row: SqlRow): Operation {
  return { op: 'rekey', table, oldKey: keyOf(table, before), key: keyOf(table, row), row }
}
