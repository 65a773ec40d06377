import { duckdbDdl } from '@pipeline/functions/warehouse/ddl.ts'
import { withDatabase } from '@pipeline/functions/warehouse/duckdb-file.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'

/** A DuckDB file with the raw log's tables and no change in them. */
export function emptyWarehouse(path: string): Promise<void> {
  return withDatabase({ path, memoryLimit: '256MB', threads: 1, lockWaitMs: 0 }, async (db) => {
    for (const statement of duckdbDdl(catalog)) await db.run(statement)
  })
}
