import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { duckdbDdl } from '../warehouse/ddl.ts'
import { withDatabase } from '../warehouse/duckdb-file.ts'

export const options = (path: string) => ({ path, memoryLimit: '256MB', threads: 2, lockWaitMs: 20_000 })

const typeOf = {
  bigint: 'BIGINT',
  integer: 'INTEGER',
  text: 'VARCHAR',
  date: 'DATE',
  boolean: 'BOOLEAN',
  json: 'JSON',
} as const

/** A warehouse as loads and dbt leave it: `rows` patients named after the load, loaded in the given year. */
export function buildWarehouse(path: string, load: number, rows = 100): Promise<void> {
  return withDatabase(options(path), async (db) => {
    for (const statement of duckdbDdl(catalog)) await db.run(statement)
    await db.run('CREATE SCHEMA IF NOT EXISTS staging; CREATE SCHEMA IF NOT EXISTS marts')
    const at = `TIMESTAMPTZ '${2000 + load}-01-01 00:00:00+00'`
    await db.run(`INSERT INTO raw.patients_changes SELECT 'patients', 'u', NULL, NULL, i::VARCHAR,
      lpad('${load}', 16, '0') || '/0/0', 1, ${at}, ${at}, 't', 0, i, ${at} FROM range(${rows}) t(i)`)
    await db.transaction(async () => {
      for (const { name, columns } of catalog) {
        const typed = columns.map(({ name: column, type }) => {
          const given = name === 'patients' && column === 'full_name' ? `'load ${load}'` : 'NULL'
          const value = name === 'patients' && column === 'patient_id' ? 'i' : given
          const sql =
            type.kind === 'numeric'
              ? `DECIMAL(${type.precision},${type.scale})`
              : type.kind === 'timestamp'
                ? 'TIMESTAMPTZ'
                : typeOf[type.kind]
          return `(${value})::${sql} AS ${column}`
        })
        await db.run(`CREATE OR REPLACE TABLE staging.base_${name} AS SELECT ${typed.join(', ')},
          lpad('${load}', 16, '0') || '/0/0' AS _sequence, ${at} AS _committed_at, ${at} AS _loaded_at
          FROM range(${name === 'patients' ? rows : 0}) t(i)`)
      }
      await db.run(`CREATE OR REPLACE TABLE staging.load_watermark AS
        ${catalog.map(({ name }) => `SELECT '${name}' AS table_name, ${name === 'patients' ? at : 'NULL::TIMESTAMPTZ'} AS loaded_at`).join(' UNION ALL ')}`)
      await db.run(`CREATE OR REPLACE TABLE marts.monthly AS SELECT ${load} AS load`)
    })
  })
}

/** A client of the published file, as anybody's: it only reads, and stays connected. */
export async function openReader(
  path: string,
): Promise<{ rows(sql: string): Promise<Record<string, unknown>[]>; close(): void }> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection: DuckDBConnection = await instance.connect()
  await connection.run("SET TimeZone = 'UTC'")
  return {
    rows: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson(),
    close() {
      connection.closeSync()
      instance.closeSync()
    },
  }
}
