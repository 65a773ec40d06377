import { type DuckDBConnection, DuckDBInstance, type Json } from '@duckdb/node-api'
import type { BigQuery } from '@google-cloud/bigquery'

const TYPES: [pattern: RegExp, type: string][] = [
  [/^(BIGINT|INTEGER|HUGEINT)$/, 'INT64'],
  [/^VARCHAR$/, 'STRING'],
  [/^DATE$/, 'DATE'],
  [/^BOOLEAN$/, 'BOOL'],
  [/^DECIMAL/, 'NUMERIC'],
  [/^TIMESTAMP WITH TIME ZONE$/, 'TIMESTAMP'],
]

function typeOf(duckdb: string): string {
  const found = TYPES.find(([pattern]) => pattern.test(duckdb))
  if (!found) throw new Error(`no type of BigQuery for ${duckdb}`)
  return found[1]
}

function literal(type: string, value: Json): string {
  if (value === null) return `CAST(NULL AS ${type})`
  if (type === 'STRING') return `'${String(value).replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  return type === 'INT64' || type === 'BOOL' ? String(value) : `${type} '${value}'`
}

async function run(bigquery: BigQuery, query: string): Promise<void> {
  const [job] = await bigquery.createQueryJob({ query })
  await job.getQueryResults()
}

async function copyTable(
  connection: DuckDBConnection,
  bigquery: BigQuery,
  dataset: string,
  name: string,
): Promise<void> {
  const reader = await connection.runAndReadAll(`SELECT * FROM marts.${name}`)
  const columns = reader
    .columnNames()
    .map((column, at) => ({ column, type: typeOf(String(reader.columnType(at))) }))
  const at = `\`${bigquery.projectId}.${dataset}.${name}\``
  await run(
    bigquery,
    `CREATE TABLE ${at} (${columns.map(({ column, type }) => `${column} ${type}`).join(', ')})`,
  )
  const rows = reader.getRowObjectsJson()
  for (let from = 0; from < rows.length; from += 200) {
    const values = rows
      .slice(from, from + 200)
      .map((row) => `(${columns.map(({ column, type }) => literal(type, row[column]!)).join(', ')})`)
    await run(
      bigquery,
      `INSERT INTO ${at} (${columns.map(({ column }) => column).join(', ')}) VALUES ${values.join(',\n')}`,
    )
  }
}

/** Copies the marts of a DuckDB file into a dataset of BigQuery. */
export async function copyMarts(path: string, bigquery: BigQuery, dataset: string): Promise<void> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  try {
    await bigquery.createDataset(dataset)
    const tables = await connection.runAndReadAll(
      `SELECT table_name AS name FROM duckdb_tables() WHERE schema_name = 'marts'`,
    )
    for (const { name } of tables.getRowObjectsJson())
      await copyTable(connection, bigquery, dataset, String(name))
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
