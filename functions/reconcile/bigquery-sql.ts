import { literal } from '../warehouse/bigquery/sql.ts'
import type { SourceColumn } from './columns.ts'
import type { Ranging } from './postgres.ts'
import type { Visibility } from './visibility.ts'

const same = (text: string): string => text
// Debezium writes as many digits of a second as there are; PostgreSQL's text always has six.
const timestamp = (text: string): string =>
  `CONCAT(REGEXP_REPLACE(${text}, r'(\\.\\d+)?Z$', ''), '.', RPAD(COALESCE(REGEXP_EXTRACT(${text}, r'\\.(\\d+)Z$'), ''), 6, '0'), 'Z')`

/** GoogleSQL over the text of a value in a change's row that gives the value's one text, as columns.ts has it. */
const texts: Record<string, (text: string) => string> = {
  int2: same,
  int4: same,
  int8: same,
  text: same,
  varchar: same,
  uuid: same,
  bool: same,
  json: same,
  jsonb: same,
  numeric: (text) => `IF(${text} = 'NAN', 'NaN', ${text})`,
  date: (text) => `REGEXP_REPLACE(${text}, r'Z$', '')`,
  timestamptz: timestamp,
  timestamp,
}

/** Whether a type of PostgreSQL has its text here. */
export function hasText(type: string): boolean {
  return type in texts
}

function jsonPath(name: string): string {
  return literal(`$."${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`)
}

/** postgresHash over a row as JSON: sixty bits of an MD5 over all values, each with its length in bytes. */
export function bigqueryHash(columns: readonly SourceColumn[], row: string): string {
  const parts = columns.map(({ name, type }) => {
    const text = texts[type]!(`JSON_VALUE(${row}, ${jsonPath(name)})`)
    return `COALESCE(CONCAT(CAST(BYTE_LENGTH(${text}) AS STRING), ':', ${text}), '~')`
  })
  return `CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(CONCAT(${parts.join(', ')}))), 1, 15)) AS INT64)`
}

/** The bucket of a key as PostgreSQL's side has it. A key that is no integer where all should be is in one by itself. */
function bucket(ranging: Ranging): string {
  if (ranging.by === 'hash') return 'SUBSTR(TO_HEX(MD5(row_key)), 1, 2)'
  const key = 'SAFE_CAST(row_key AS INT64)'
  const { width } = ranging
  return `COALESCE(CAST(DIV(${key}, ${width}) - IF(MOD(${key}, ${width}) < 0, 1, 0) AS STRING), 'none')`
}

const WRAP = 4_294_967_296n
const HALF = 2_147_483_648n
const CLOCK_MARGIN_MS = 3_600_000

/** visibleSql in GoogleSQL: true of a change whose transaction the snapshot sees. */
export function bigqueryVisible(visibility: Visibility, at: string): string {
  const ahead = `(MOD(MOD(txId - ${visibility.xmax % WRAP} + ${HALF}, ${WRAP}) + ${WRAP}, ${WRAP}) - ${HALF})`
  const running = visibility.running.map((xid) => xid % WRAP)
  const unseen = [`${ahead} >= 0`, ...(running.length > 0 ? [`txId IN (${running.join(', ')})`] : [])]
  const near = new Date(Date.parse(at) - CLOCK_MARGIN_MS).toISOString().replace('T', ' ').replace('Z', '+00')
  return `(txId IS NULL OR committedAt < TIMESTAMP '${near}' OR NOT (${unseen.join(' OR ')}))`
}

/**
 * `current_rows` (bucket, row_key, sequence, digest, versions), folded as fold.ts does: the highest sequence of a key
 * wins, a truncate ends every row below it, a delete its own. Only winners are hashed. `hash` itself is a keyword.
 */
function currentRows(
  log: string,
  columns: readonly SourceColumn[],
  ranging: Ranging,
  visible: string,
): string {
  return `WITH seen AS (SELECT row_key, op, sequence, \`row\` FROM ${log} WHERE ${visible}),
    emptied AS (SELECT COALESCE(MAX(sequence), '') AS place FROM seen WHERE op = 't'),
    latest AS (SELECT row_key, MAX(sequence) AS sequence FROM seen WHERE op <> 't' GROUP BY row_key),
    winners AS (
      SELECT s.row_key AS row_key, s.sequence AS sequence, ${bigqueryHash(columns, 's.`row`')} AS digest
      FROM seen AS s JOIN latest AS l ON s.row_key = l.row_key AND s.sequence = l.sequence CROSS JOIN emptied AS e
      WHERE s.op NOT IN ('d', 't') AND s.sequence > e.place
    ),
    current_rows AS (
      SELECT ${bucket(ranging)} AS bucket, row_key, sequence, MIN(digest) AS digest, COUNT(DISTINCT digest) AS versions
      FROM winners GROUP BY row_key, sequence
    )`
}

/** Counts and sums of hashes by bucket. A sum comes in two parts, so that neither leaves 64 bits. */
export function bucketsSql(
  log: string,
  columns: readonly SourceColumn[],
  ranging: Ranging,
  visible: string,
): string {
  return `${currentRows(log, columns, ranging, visible)}
    SELECT bucket AS bucket, CAST(COUNT(*) AS STRING) AS n, CAST(SUM(digest >> 30) AS STRING) AS high,
      CAST(SUM(digest & 1073741823) AS STRING) AS low, CAST(COUNTIF(versions > 1) AS STRING) AS conflicting
    FROM current_rows GROUP BY bucket`
}

/** The rows of some buckets; no value but their hash. */
export function rowsSql(
  log: string,
  columns: readonly SourceColumn[],
  ranging: Ranging,
  visible: string,
): string {
  return `${currentRows(log, columns, ranging, visible)}
    SELECT row_key AS row_key, sequence AS sequence, CAST(digest AS STRING) AS digest, CAST(versions AS STRING) AS versions
    FROM current_rows WHERE bucket IN UNNEST(@buckets)`
}
