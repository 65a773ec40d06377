import { type Column, catalog, changeTopic, type Table } from '@pipeline/hospital/catalog.ts'
import { parseExact } from '@pipeline/hospital/exact-json.ts'
import type { Rereading } from './signals.ts'

/** With more rows of a table the whole table is read. */
const MOST_ROWS = 500

/** A value as SQL; undefined for what does not fit the column, so that nothing foreign gets into a statement. */
function literal({ type }: Column, value: unknown): string | undefined {
  const text =
    typeof value === 'object' && value !== null ? (value as { rawJSON?: string }).rawJSON : String(value)
  if (text === undefined || value === null || value === undefined) return undefined
  switch (type.kind) {
    case 'bigint':
    case 'integer':
      return /^-?\d{1,19}$/.test(text) ? text : undefined
    case 'numeric':
      return /^-?\d+(\.\d+)?$/.test(text) ? text : undefined
    default:
      return text.includes('\0') || text.includes('\\') ? undefined : `'${text.replaceAll("'", "''")}'`
  }
}

function condition(table: Table, key: Buffer): string | undefined {
  let values: Record<string, unknown>
  try {
    values = parseExact(key) as unknown as Record<string, unknown>
  } catch {
    return undefined
  }
  const parts = table.key.map((name) => {
    const column = table.columns.find((each) => each.name === name)!
    const sql = literal(column, values?.[name])
    return sql === undefined ? undefined : `"${name}" = ${sql}`
  })
  return parts.includes(undefined) ? undefined : parts.join(' AND ')
}

/**
 * What to read again for records of change topics with these keys (Debezium's JSON): some rows of a table, or all of
 * it if they are many or a key can't be read. Topics of no table are left out.
 */
export function rereadings(records: readonly { topic: string; key: Buffer }[]): Rereading[] {
  return catalog.flatMap((table): Rereading[] => {
    const own = records.filter(({ topic }) => topic === changeTopic(table.name))
    if (own.length === 0) return []
    const conditions = new Set(own.map(({ key }) => condition(table, key)))
    if (conditions.has(undefined) || conditions.size > MOST_ROWS) return [{ table: table.name }]
    return [{ table: table.name, filter: [...conditions].map((each) => `(${each})`).join(' OR ') }]
  })
}
