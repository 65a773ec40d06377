import type { Column, Table } from '@pipeline/hospital/catalog.ts'

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

/** A column as text in the one form in which its values travel; integers and booleans stay what they are. */
function selected({ name, type }: Column): string {
  const column = quoted(name)
  switch (type.kind) {
    case 'bigint':
    case 'integer':
      // One width for both: Parquet has them as int64.
      return `${column}::bigint AS ${column}`
    case 'boolean':
      return column
    case 'timestamp':
      return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS ${column}`
    default:
      return `${column}::text AS ${column}`
  }
}

/** The whole table in the order of its key. */
export function selectOf({ name, columns, key }: Table): string {
  return `SELECT ${columns.map(selected).join(', ')} FROM public.${quoted(name)} ORDER BY ${key.map(quoted).join(', ')}`
}

/** Name, kind and whether it may be null, of each column. */
export function columnsOf({ columns }: Table): [string, 'integer' | 'boolean' | 'text', boolean][] {
  return columns.map(({ name, type, nullable }) => [
    name,
    type.kind === 'bigint' || type.kind === 'integer'
      ? 'integer'
      : type.kind === 'boolean'
        ? 'boolean'
        : 'text',
    nullable,
  ])
}
