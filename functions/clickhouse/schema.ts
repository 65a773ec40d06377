import type { Table } from '@pipeline/hospital/catalog.ts'
import type { ClickHouse } from './client.ts'
import { serverCode } from './client.ts'
import { addColumnSql, schemaOf } from './ddl.ts'
import { at, SCHEMA_VERSIONS } from './names.ts'
import { backfillSql } from './rollups.ts'

const UNKNOWN_TABLE = 60
const UNKNOWN_DATABASE = 81
const UNKNOWN_COLUMN = 16

/** Whether an error says that the schema is not what was made. */
export function isSchemaMissing(error: unknown): boolean {
  return [UNKNOWN_TABLE, UNKNOWN_DATABASE, UNKNOWN_COLUMN].includes(serverCode(error) ?? -1)
}

async function lastApplied(clickhouse: ClickHouse): Promise<string | undefined> {
  try {
    const rows = await clickhouse.rows<{ hash: string }>(
      `SELECT argMax(hash, applied_at) AS hash FROM ${at(clickhouse.database, SCHEMA_VERSIONS)}`,
    )
    return rows[0]?.hash
  } catch (error) {
    if (isSchemaMissing(error)) return undefined
    throw error
  }
}

async function addColumns(clickhouse: ClickHouse, catalog: readonly Table[]): Promise<void> {
  const there = await clickhouse.rows<{ table: string; name: string }>(
    'SELECT table, name FROM system.columns WHERE database = {database:String}',
    { database: clickhouse.database },
  )
  const known = new Set(there.map(({ table, name }) => `${table}.${name}`))
  for (const table of catalog) {
    for (const column of table.columns) {
      if (known.has(`${table.name}.${column.name}`)) continue
      await clickhouse.command(addColumnSql(clickhouse.database, table, column))
    }
  }
}

/**
 * Makes what is missing of the catalog's schema; a schema that stands already costs one query. `force` looks at
 * everything, for when something was dropped behind our back. May run in several places at once.
 */
export async function ensureSchema(
  clickhouse: ClickHouse,
  catalog: readonly Table[],
  force = false,
): Promise<void> {
  const { database } = clickhouse
  const { tables, rollups, views, hash } = schemaOf(database, catalog)
  if (!force && (await lastApplied(clickhouse)) === hash) return
  for (const statement of tables) await clickhouse.command(statement)
  await addColumns(clickhouse, catalog)
  for (const statement of rollups) await clickhouse.command(statement)
  for (const statement of backfillSql(database, catalog)) await clickhouse.command(statement)
  for (const statement of views) await clickhouse.command(statement)
  await clickhouse.insert(SCHEMA_VERSIONS, ['hash'], [JSON.stringify([hash])])
}
