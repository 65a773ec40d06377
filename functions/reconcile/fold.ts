import { literal } from '../quoting.ts'
import type { Database } from '../warehouse/duckdb-file.ts'
import type { SourceColumn } from './columns.ts'
import { jsonHash, jsonPaths } from './columns.ts'
import type { Bucket, Ranging } from './postgres.ts'

/** What a change needs to be folded: no values but their hash. */
const CHANGES =
  '(row_key VARCHAR, op VARCHAR, sequence VARCHAR, "txId" BIGINT, "committedAt" TIMESTAMPTZ, hash BIGINT, "loadedAt" TIMESTAMPTZ, "partition" INTEGER, "offset" BIGINT)'

/** SQL that turns changes with `row` as text of JSON into rows of CHANGES. */
export function hashedChanges(from: string, columns: readonly SourceColumn[], loadedAt: string): string {
  return `SELECT row_key, op, sequence, "txId", "committedAt"::TIMESTAMPTZ AS "committedAt",
      CASE WHEN op IN ('d', 't') THEN NULL ELSE ${jsonHash(columns, 'texts')} END AS hash, ${loadedAt} AS "loadedAt",
      "partition", "offset"
    FROM (SELECT *, json_extract_string("row"::JSON, ${jsonPaths(columns)}) AS texts FROM ${from})`
}

export async function createChanges(db: Database, name: string): Promise<void> {
  await db.run(`CREATE OR REPLACE TABLE ${name} ${CHANGES}`)
}

/**
 * Folds changes into current rows (row_key, sequence, hash, versions): the highest sequence of a key wins, a
 * truncate ends every row below it, a delete ends its own. `versions` is above 1 where one change has two contents.
 */
export async function fold(db: Database, into: string, changes: string, where: string): Promise<void> {
  await db.run(`CREATE OR REPLACE TABLE ${into} AS
    WITH seen AS (SELECT * FROM ${changes} WHERE ${where}),
    emptied AS (SELECT coalesce(max(sequence), '') AS sequence FROM seen WHERE op = 't'),
    latest AS (SELECT row_key, max(sequence) AS sequence FROM seen WHERE op <> 't' GROUP BY row_key)
    SELECT s.row_key, s.sequence, min(s.hash) AS hash, count(DISTINCT s.hash) AS versions
    FROM seen s JOIN latest l ON s.row_key = l.row_key AND s.sequence = l.sequence, emptied e
    WHERE s.op NOT IN ('d', 't') AND s.sequence > e.sequence
    GROUP BY s.row_key, s.sequence`)
}

function bucketSql(ranging: Ranging): string {
  if (ranging.by === 'hash') return 'substr(md5(row_key), 1, 2)'
  const width = `${ranging.width}::HUGEINT`
  const key = 'row_key::HUGEINT'
  return `((${key} - ((${key} % ${width}) + ${width}) % ${width}) // ${width})::VARCHAR`
}

/** The store's side of PostgreSQL's buckets. */
export function bucketsOf(db: Database, rows: string, ranging: Ranging): Promise<Bucket[]> {
  return db.rows<Bucket>(
    `SELECT bucket, count(*)::INTEGER AS count, sum(hash::HUGEINT)::VARCHAR AS sum
     FROM (SELECT ${bucketSql(ranging)} AS bucket, hash FROM ${rows}) GROUP BY bucket`,
  )
}

export interface Difference {
  key: string
  /** The store's row, where it has one. */
  sequence: string | null
  kind: 'missing' | 'extra' | 'changed'
}

/** Takes PostgreSQL's rows of the buckets that differ, so that they can be compared key by key. */
export async function createExpected(db: Database): Promise<void> {
  await db.run('CREATE OR REPLACE TABLE expected (row_key VARCHAR, hash BIGINT)')
}

export async function addExpected(
  db: Database,
  page: readonly { key: string; hash: string }[],
): Promise<void> {
  await db.run(
    `INSERT INTO expected SELECT e.key, e.hash::BIGINT
     FROM (SELECT unnest(from_json($1::JSON, '[{"key": "VARCHAR", "hash": "VARCHAR"}]'), recursive := true)) e`,
    [JSON.stringify(page)],
  )
}

/**
 * The keys of some buckets that are not the same in `expected` and in a store's rows, in order: the first thousand,
 * and how many there are.
 */
export async function differences(
  db: Database,
  rows: string,
  ranging: Ranging,
  buckets: readonly string[],
): Promise<{ found: Difference[]; total: number }> {
  const within = buckets.map(literal).join(', ')
  const rowsFound = await db.rows<Difference & { total: number }>(
    `SELECT coalesce(e.row_key, s.row_key) AS key, s.sequence,
       CASE WHEN s.row_key IS NULL THEN 'missing' WHEN e.row_key IS NULL THEN 'extra' ELSE 'changed' END AS kind,
       (count(*) OVER ())::INTEGER AS total
     FROM (SELECT * FROM expected WHERE ${bucketSql(ranging)} IN (${within})) e
     FULL OUTER JOIN (SELECT * FROM ${rows} WHERE ${bucketSql(ranging)} IN (${within})) s ON e.row_key = s.row_key
     WHERE e.hash IS DISTINCT FROM s.hash OR s.versions > 1
     ORDER BY length(key), key LIMIT 1000`,
  )
  return {
    found: rowsFound.map(({ key, sequence, kind }) => ({ key, sequence, kind })),
    total: rowsFound[0]?.total ?? 0,
  }
}
