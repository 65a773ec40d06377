import { stat } from 'node:fs/promises'
import { findTable } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { literal, quoted } from '../quoting.ts'
import type { Database } from '../warehouse/duckdb-file.ts'
import type { SourceColumn } from './columns.ts'
import { typedHash } from './columns.ts'
import { createChanges, hashedChanges } from './fold.ts'

const ALIAS = 'warehouse'
const PUBLISHED = 'published_file'

export interface LoadedObject {
  object: string
  state: 'planned' | 'done' | 'broken'
}

/** Attaches the warehouse for reading, waiting for whoever writes it. Returns false if there is none yet. */
export async function attachWarehouse(db: Database, path: string, deadline: number): Promise<boolean> {
  for (;;) {
    try {
      await db.run(`ATTACH ${literal(path)} AS ${ALIAS} (READ_ONLY)`)
      return true
    } catch (error) {
      if (Date.now() >= deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
  }
}

export async function detachWarehouse(db: Database): Promise<void> {
  await db.run(`DETACH ${ALIAS}`)
}

/** Attaches the published file as it is now; false if there is none. Who publishes meanwhile is not kept from it. */
export async function attachPublished(db: Database, path: string): Promise<boolean> {
  if ((await stat(path).catch(() => undefined)) === undefined) return false
  await db.run(`ATTACH ${literal(path)} AS ${PUBLISHED} (READ_ONLY)`)
  return true
}

export async function detachPublished(db: Database): Promise<void> {
  await db.run(`DETACH ${PUBLISHED}`)
}

async function has(db: Database, schema: string, table: string, alias = ALIAS): Promise<boolean> {
  const rows = await db.rows(
    'SELECT 1 AS found FROM duckdb_tables() WHERE database_name = $1 AND schema_name = $2 AND table_name = $3',
    [alias, schema, table],
  )
  return rows.length > 0
}

/** Copies keys, sequences and hashes of a table's raw log. Returns what the ledger says of its objects. */
export async function readRaw(
  db: Database,
  table: string,
  columns: readonly SourceColumn[],
  into: string,
): Promise<LoadedObject[]> {
  await createChanges(db, into)
  if (!(await has(db, 'raw', `${table}_changes`))) return []
  const log = `${ALIAS}.raw.${quoted(`${table}_changes`)}`
  await db.run(`INSERT INTO ${into} ${hashedChanges(log, columns, '"loadedAt"')}`)
  return db.rows<LoadedObject>(`SELECT object, state FROM ${ALIAS}.raw.load_objects WHERE "tableName" = $1`, [
    table,
  ])
}

/** Current rows as dbt typed them: where they lie, and which table says up to which load they are built. */
interface BuiltRows {
  alias: string
  schema: string
  table: string
  marks: string
}

/**
 * Copies keys, sequences and hashes of a table's current rows. Returns whether they were ever built, and up to which
 * load: null where nothing had been loaded.
 */
async function readBuilt(
  db: Database,
  from: BuiltRows,
  table: string,
  columns: readonly SourceColumn[],
  into: string,
): Promise<{ built: boolean; builtThrough: string | null; notStaged: string[] }> {
  const { alias, schema } = from
  await db.run(
    `CREATE OR REPLACE TABLE ${into} (row_key VARCHAR, sequence VARCHAR, hash BIGINT, versions INTEGER)`,
  )
  if (!(await has(db, schema, from.table, alias)) || !(await has(db, schema, from.marks, alias))) {
    return { built: false, builtThrough: null, notStaged: [] }
  }
  const there = await db.rows<{ name: string }>(
    `SELECT column_name AS name FROM duckdb_columns()
     WHERE database_name = $1 AND schema_name = $2 AND table_name = $3`,
    [alias, schema, from.table],
  )
  const staged = new Set(there.map((column) => column.name))
  const notStaged = columns.filter((column) => !staged.has(column.name)).map((column) => column.name)
  const present = columns.filter((column) => staged.has(column.name))
  await db.run(
    `INSERT INTO ${into} SELECT ${typedKey(table)}, "_sequence", ${typedHash(present)}, 1
     FROM ${alias}.${schema}.${quoted(from.table)}`,
  )
  const marks = await db.rows<{ loadedAt: string | null }>(
    `SELECT loaded_at::VARCHAR AS "loadedAt" FROM ${alias}.${schema}.${from.marks} WHERE table_name = $1`,
    [table],
  )
  return { built: true, builtThrough: marks[0]?.loadedAt ?? null, notStaged }
}

/** dbt's staged rows in the attached warehouse. */
export function readStaged(db: Database, table: string, columns: readonly SourceColumn[], into: string) {
  const from = { alias: ALIAS, schema: 'staging', table: `base_${table}`, marks: 'load_watermark' }
  return readBuilt(db, from, table, columns, into)
}

/** The same rows in the attached published file. */
export function readPublished(db: Database, table: string, columns: readonly SourceColumn[], into: string) {
  return readBuilt(db, { alias: PUBLISHED, schema: 'main', table, marks: 'published' }, table, columns, into)
}

/** SQL over typed columns for the text of a row's key. */
export function typedKey(table: string): string {
  const key = keyOf(table)
  if (key.length === 1) return `${quoted(key[0]!)}::VARCHAR`
  return `to_json([${key.map((name) => `to_json(${quoted(name)})`).join(', ')}])::VARCHAR`
}

function keyOf(table: string): readonly string[] {
  const found = findTable(table)
  if (!found) throw new PipelineError('RECORD_UNKNOWN_TABLE', { table })
  return found.key
}
