import { literal, quoted } from '../quoting.ts'

/** A column as PostgreSQL describes it. `type` is pg_type's name: `int8`, `numeric`, `timestamptz`… */
export interface SourceColumn {
  name: string
  type: string
}

interface Canon {
  /** SQL for PostgreSQL that gives the value's one text. */
  postgres: (column: string) => string
  /** SQL for DuckDB over the text of the value in a change's row. */
  json: (text: string) => string
  /** SQL for DuckDB over the staged column. */
  typed: (column: string) => string
}

const same = (text: string): string => text
const asText: Canon = {
  postgres: (column) => `${column}::text`,
  json: same,
  typed: (column) => `${column}::VARCHAR`,
}
const timestamp = (postgres: Canon['postgres']): Canon => ({
  postgres,
  // Debezium writes as many digits of a second as there are; PostgreSQL's text always has six.
  json: (text) =>
    `regexp_replace(${text}, '(\\.\\d+)?Z$', '') || '.' || rpad(regexp_extract(${text}, '\\.(\\d+)Z$', 1), 6, '0') || 'Z'`,
  typed: (column) => `strftime(${column}, '%Y-%m-%dT%H:%M:%S.%fZ')`,
})

/** An array of one dimension as the text of its JSON. */
const array = (cast: string): Canon => ({
  postgres: (column) => `array_to_json(${column}${cast})::text`,
  json: same,
  typed: (column) => `${column}::VARCHAR`,
})

const canons: Record<string, Canon> = {
  int2: asText,
  int4: asText,
  int8: asText,
  text: asText,
  varchar: asText,
  uuid: asText,
  bool: asText,
  json: asText,
  jsonb: asText,
  ...Object.fromEntries(
    ['_int2', '_int4', '_int8', '_bool', '_text', '_varchar', '_uuid'].map((type) => [type, array('')]),
  ),
  // Debezium sends the digits of numbers in quotes.
  _numeric: array('::text[]'),
  numeric: { ...asText, json: (text) => `CASE WHEN ${text} = 'NAN' THEN 'NaN' ELSE ${text} END` },
  date: {
    postgres: (column) => `to_char(${column}, 'YYYY-MM-DD')`,
    json: (text) => `regexp_replace(${text}, 'Z$', '')`,
    typed: (column) => `strftime(${column}, '%Y-%m-%d')`,
  },
  timestamptz: timestamp(
    (column) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
  ),
  timestamp: timestamp((column) => `to_char(${column}, 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`),
}

/** Splits columns in those that both sides can write as the same text, and the names of the others. */
export function comparable(columns: readonly SourceColumn[]): {
  compared: SourceColumn[]
  notCompared: string[]
} {
  return {
    compared: columns.filter(({ type }) => type in canons),
    notCompared: columns.filter(({ type }) => !(type in canons)).map(({ name }) => name),
  }
}

/** Sixty bits of an MD5 over all values, each with its length in bytes, so that no two rows share a text. */
export function postgresHash(columns: readonly SourceColumn[]): string {
  const parts = columns.map(({ name, type }) => {
    const text = canons[type]!.postgres(quoted(name))
    return `coalesce(octet_length(${text}) || ':' || ${text}, '~')`
  })
  return `('x' || substr(md5(${parts.join(' || ')}), 1, 15))::bit(60)::bigint`
}

function duckdbHash(texts: readonly string[]): string {
  const parts = texts.map((text) => `coalesce(strlen(${text}) || ':' || (${text}), '~')`)
  return `('0x' || substr(md5(${parts.join(' || ')}), 1, 15))::BIGINT`
}

/** The same hash in DuckDB, over a list `values` that holds the texts of `paths` in order. */
export function jsonHash(columns: readonly SourceColumn[], values: string): string {
  return duckdbHash(columns.map(({ type }, index) => canons[type]!.json(`${values}[${index + 1}]`)))
}

/** JSON paths of the columns inside a change's row, as a DuckDB list. */
export function jsonPaths(columns: readonly SourceColumn[]): string {
  return `[${columns.map(({ name }) => literal(`$."${name.replaceAll('"', '\\"')}"`)).join(', ')}]`
}

/** The same hash in DuckDB, over the typed columns of a staged table. */
export function typedHash(columns: readonly SourceColumn[]): string {
  return duckdbHash(columns.map(({ name, type }) => canons[type]!.typed(quoted(name))))
}
