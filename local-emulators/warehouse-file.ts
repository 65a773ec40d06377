import { DuckDBInstance, type Json } from '@duckdb/node-api'

/** Reads the warehouse file of a stack; waits while a load or dbt writes it. */
export async function readWarehouse<T>(
  path: string,
  work: (rows: (sql: string) => Promise<Record<string, Json>[]>) => Promise<T>,
  waitMs = 60_000,
): Promise<T> {
  const until = Date.now() + waitMs
  for (;;) {
    let instance: DuckDBInstance
    try {
      instance = await DuckDBInstance.create(path, {
        access_mode: 'READ_ONLY',
        memory_limit: '256MB',
        threads: '2',
        autoinstall_known_extensions: 'false',
      })
    } catch (error) {
      if (Date.now() > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 200))
      continue
    }
    // The file stays locked until the connection is closed as well as the instance.
    const connection = await instance.connect()
    try {
      await connection.run("SET TimeZone = 'UTC'")
      return await work(async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson())
    } finally {
      connection.closeSync()
      instance.closeSync()
    }
  }
}
