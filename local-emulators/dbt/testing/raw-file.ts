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

/** Rows of a query, every value as the engine's own text. */
export function textRows(path: string, sql: string): Promise<Record<string, string | null>[]> {
  return withFile(path, async (db) => {
    const reader = await db.runAndReadAll(`SELECT COLUMNS(*)::VARCHAR FROM (${sql})`)
    return reader.getRowObjectsJson() as Record<string, string | null>[]
  })
}
