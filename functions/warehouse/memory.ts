import type { Database } from './duckdb-file.ts'

/** A line costs DuckDB eleven times its length to read, check as JSON and store; measured with 60 MB. */
export const MEMORY_PER_LINE = 13

const units: Record<string, number> = { MB: 1e6, GB: 1e9, MiB: 2 ** 20, GiB: 2 ** 30 }

/** Bytes of a limit as DuckDB writes it: `512MB`. */
export function limitBytes(limit: string): number {
  const [, amount, unit] = /^(\d+)\s*([A-Za-z]+)$/.exec(limit) ?? []
  return Number(amount) * (units[unit ?? ''] ?? Number.NaN)
}

/** Sets what DuckDB may use, bytes. */
export async function setMemory(db: Database, bytes: number): Promise<void> {
  await db.run(`SET memory_limit = '${Math.ceil(bytes / 1e6)}MB'`)
}
