import { catalog } from '@pipeline/hospital/catalog.ts'
import type { MemoryDatabase } from '@pipeline/hospital/simulator/memory-database.ts'
import type { SqlRow } from '@pipeline/hospital/simulator/operation.ts'
import type { TestDatabase } from '../../producer/test-postgres.ts'

const CHUNK = 10_000

async function put(db: TestDatabase, table: string, rows: readonly SqlRow[]): Promise<void> {
  for (let first = 0; first < rows.length; first += CHUNK) {
    await db.query(
      `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(null::${table}, $1::json)`,
      [JSON.stringify(rows.slice(first, first + CHUNK))],
    )
  }
}

/** Gives PostgreSQL the rows of a hospital in place of those that it has, and the prices of medicines by time of commit. */
export async function fillSource(
  db: TestDatabase,
  hospital: MemoryDatabase,
  prices: readonly { medicine_id: number; price: string; at: string }[],
): Promise<void> {
  await db.query(`TRUNCATE ${catalog.map(({ name }) => `public.${name}`).join(', ')} CASCADE`)
  for (const { name } of catalog) await put(db, `public.${name}`, [...hospital.rows(name).values()])
  await db.query('DROP TABLE IF EXISTS public.price_history')
  await db.query(
    'CREATE TABLE public.price_history (medicine_id bigint, price numeric(10,2), at timestamptz)',
  )
  await put(db, 'public.price_history', prices)
  await db.query('ANALYZE')
}
