import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { duckdbDdl } from '@pipeline/functions/warehouse/ddl.ts'
import { catalog, findTable } from '@pipeline/hospital/catalog.ts'
import { type ChangeRecord, type Row, rowKey } from '@pipeline/hospital/change.ts'

/** Opens a file as the loads do, works, and closes it. */
export async function withFile<T>(path: string, work: (db: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(path)
  try {
    const connection = await instance.connect()
    try {
      await connection.run("SET TimeZone = 'UTC'")
      return await work(connection)
    } finally {
      connection.closeSync()
    }
  } finally {
    instance.closeSync()
  }
}

/** Makes the raw tables that are missing and appends changes to them, in the given order. */
export function appendChanges(
  path: string,
  changes: readonly ChangeRecord[],
  loadedAt: string,
): Promise<void> {
  return withFile(path, async (db) => {
    for (const statement of duckdbDdl(catalog)) await db.run(statement)
    for (const change of changes) {
      const { table, op, key, row, sequence, txId, committedAt, capturedAt, topic, partition } = change
      const text = key && rowKey(key, findTable(table)!.key)
      const json = (value: Row | null): string | null => value && JSON.stringify(value)
      await db.run(
        `INSERT INTO raw.${table}_changes VALUES ($1, $2, $3::JSON, $4::JSON, $5, $6, $7, $8::TIMESTAMPTZ,
           $9::TIMESTAMPTZ, $10, $11, $12, $13::TIMESTAMPTZ)`,
        [
          ...[table, op, json(key), json(row), text, sequence, txId === null ? null : BigInt(txId)],
          ...[committedAt, capturedAt, topic, partition, BigInt(change.offset), loadedAt],
        ],
      )
    }
  })
}

/** The same for many changes: by way of a file of lines beside the DuckDB file. */
export async function loadChanges(
  path: string,
  changes: readonly ChangeRecord[],
  loadedAt: string,
): Promise<void> {
  const folder = await mkdtemp(`${path}-lines-`)
  try {
    await withFile(path, async (db) => {
      for (const statement of duckdbDdl(catalog)) await db.run(statement)
      for (const [table, own] of Map.groupBy(changes, (change) => change.table)) {
        const key = findTable(table)!.key
        const file = join(folder, `${table}.ndjson`)
        const lines = own.map((change) =>
          JSON.stringify({ ...change, row_key: change.key && rowKey(change.key, key) }),
        )
        await writeFile(file, lines.join('\n'))
        await db.run(
          `INSERT INTO raw.${table}_changes SELECT "table", op, "key", "row", row_key, sequence, "txId",
             "committedAt", "capturedAt", topic, "partition", "offset", '${loadedAt}'::TIMESTAMPTZ
           FROM read_json('${file}', format = 'newline_delimited', columns = {"table": 'VARCHAR', op: 'VARCHAR',
             "key": 'JSON', "row": 'JSON', row_key: 'VARCHAR', sequence: 'VARCHAR', "txId": 'BIGINT',
             "committedAt": 'TIMESTAMPTZ', "capturedAt": 'TIMESTAMPTZ', topic: 'VARCHAR', "partition": 'INTEGER',
             "offset": 'BIGINT'})`,
        )
      }
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Rows of a query, every value as the engine's own text. */
export function textRows(path: string, sql: string): Promise<Record<string, string | null>[]> {
  return withFile(path, async (db) => {
    const reader = await db.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM (${sql})`)
    return reader.getRowObjectsJson() as Record<string, string | null>[]
  })
}
