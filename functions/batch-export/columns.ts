import { literal, quoted } from '../quoting.ts'

/** A column of a table as PostgreSQL has it, and the type that it has in Parquet. */
export interface ExportColumn {
  name: string
  /** pg_type's name: `int8`, `numeric`, `timestamptz`… */
  pgType: string
  /** As DuckDB names it: `BIGINT`, `DECIMAL(10,2)`. What has no exact type of its own is PostgreSQL's text. */
  type: string
}

const TYPES: Record<string, string> = {
  int2: 'SMALLINT',
  int4: 'INTEGER',
  int8: 'BIGINT',
  bool: 'BOOLEAN',
  float4: 'FLOAT',
  float8: 'DOUBLE',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  timestamptz: 'TIMESTAMPTZ',
}

/** The type in Parquet of a type of PostgreSQL with its modifier, which is -1 where there is none. */
export function parquetType(pgType: string, modifier: number): string {
  if (pgType !== 'numeric') return TYPES[pgType] ?? 'VARCHAR'
  if (modifier < 4) return 'VARCHAR'
  const precision = ((modifier - 4) >> 16) & 0xffff
  const low = (modifier - 4) & 0x7ff
  const scale = low > 1023 ? low - 2048 : low
  return precision <= 38 && scale >= 0 && scale <= precision ? `DECIMAL(${precision},${scale})` : 'VARCHAR'
}

/** SQL for PostgreSQL that is false of a time which its column's type can't hold; undefined for other types. */
function held({ name, type }: ExportColumn): string | undefined {
  const value = quoted(name)
  if (type === 'DATE') return `${value} BETWEEN '0001-01-01' AND '9999-12-31'`
  const zone = type === 'TIMESTAMPTZ' ? '+00' : ''
  return type === 'TIMESTAMP' || type === 'TIMESTAMPTZ'
    ? `${value} >= '0001-01-01 00:00:00${zone}' AND ${value} < '10000-01-01 00:00:00${zone}'`
    : undefined
}

/** The column that is false of a row with a time that can't be held; undefined where there are none. */
export function heldColumn(columns: readonly ExportColumn[]): string | undefined {
  if (!columns.some((column) => held(column))) return undefined
  let name = '_held'
  while (columns.some((column) => column.name.toLowerCase() === name)) name += '_'
  return name
}

/**
 * What PostgreSQL selects. It says itself whether times can be held: DuckDB reads `0044-03-15 BC` as the year 44, and
 * a time that it can't read in a file as null. The NaN of a numeric it refuses.
 */
export function selectList(columns: readonly ExportColumn[]): string {
  const parts = columns.flatMap((column) => held(column) ?? [])
  const flag = parts.length > 0 ? [parts.join(' AND ')] : []
  return [...columns.map(({ name }) => quoted(name)), ...flag].join(', ')
}

/** SQL for DuckDB over PostgreSQL's texts that is true of a row all of whose values can be held. */
export function heldTexts(columns: readonly ExportColumn[]): string {
  const flag = heldColumn(columns)
  const numbers = columns.filter(({ type }) => type.startsWith('DECIMAL'))
  const parts = numbers.map(({ name }) => `${quoted(name)} IS DISTINCT FROM 'NaN'`)
  return [flag ? `${quoted(flag)} IS NOT FALSE` : 'true', ...parts].join(' AND ')
}

/** SQL for DuckDB over PostgreSQL's texts: the columns that can't be held, and all texts. */
export function refusedRow(columns: readonly ExportColumn[]): string {
  const reasons = columns.flatMap((column) => {
    const text = quoted(column.name)
    const isNumber = column.type.startsWith('DECIMAL')
    if (!isNumber && !held(column)) return []
    const wrong = isNumber ? `${text} = 'NaN'` : `NOT regexp_full_match(${text}, '[0-9]{4}-.*[0-9]')`
    return [`CASE WHEN ${wrong} THEN ${literal(`${column.name}: not a ${column.type}`)} END`]
  })
  const row = columns.map(({ name }) => `${literal(name)}: ${quoted(name)}`).join(', ')
  return `list_filter([${reasons.join(', ')}]::VARCHAR[], x -> x IS NOT NULL) AS "reasons", {${row}} AS "row"`
}
