import { mkdir } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type DuckDBConnection, DuckDBInstance, type DuckDBValue, type Json } from '@duckdb/node-api'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { literal } from '../quoting.ts'
import { kindOf } from './engine-error.ts'

export interface DuckdbFileOptions {
  path: string
  /** As DuckDB writes it: `512MB`. */
  memoryLimit: string
  threads: number
  /** How long to wait for another process to close the file, ms. */
  lockWaitMs: number
}

/** An open database. Its errors are PipelineErrors without the engine's own text, which may quote a value. */
export interface Database {
  /** Runs one statement; gives the number of rows that it changed. */
  run(sql: string, values?: DuckDBValue[]): Promise<number>
  rows<T = Record<string, Json>>(sql: string, values?: DuckDBValue[]): Promise<T[]>
  /** All or nothing. */
  transaction<T>(work: () => Promise<T>): Promise<T>
}

const REFUSED = /^(?:Error: )?(Invalid Input|Conversion|Constraint|Invalid type|Out of Range) Error/i
const LOCKED = /could not set lock|conflicting lock|being used by another process/i
const ATTACHED = 'file'
const queues = new Map<string, Promise<unknown>>()

function ours(error: unknown): PipelineError {
  if (error instanceof PipelineError) return error
  const refused = error instanceof Error && REFUSED.test(error.message)
  return new PipelineError(refused ? 'LAKE_OBJECT_BROKEN' : 'WAREHOUSE_UNAVAILABLE', {
    reason: kindOf(error),
  })
}

/** One at a time in this process: a second instance on the same file would be refused. */
async function exclusively<T>(path: string, work: () => Promise<T>): Promise<T> {
  const before = queues.get(path) ?? Promise.resolve()
  const mine = before.then(work, work)
  const settled = mine.catch(() => undefined)
  queues.set(path, settled)
  try {
    return await mine
  } finally {
    if (queues.get(path) === settled) queues.delete(path)
  }
}

/** Every checkpoint compresses a table's last row group anew, so a small one makes small loads cheap. */
const ROW_GROUP_SIZE = 16_384

/** An instance that has the file as its current database; its row groups can only be set where it is attached. */
async function attach(path: string, settings: Record<string, string>): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(':memory:', settings)
  try {
    const connection = await instance.connect()
    try {
      await connection.run(`ATTACH ${literal(path)} AS ${ATTACHED} (ROW_GROUP_SIZE ${ROW_GROUP_SIZE})`)
    } finally {
      connection.closeSync()
    }
    return instance
  } catch (error) {
    instance.closeSync()
    throw error
  }
}

async function open(path: string, options: DuckdbFileOptions): Promise<DuckDBInstance> {
  const settings = {
    memory_limit: options.memoryLimit,
    threads: String(options.threads),
    temp_directory: `${path}.tmp`,
    preserve_insertion_order: 'false',
    autoinstall_known_extensions: 'false',
    // Checkpoints wait for the close: one that fails in a commit for want of memory would take the database down.
    checkpoint_threshold: '16GB',
  }
  const until = Date.now() + options.lockWaitMs
  for (let wait = 50; ; wait = Math.min(wait * 2, 1000)) {
    try {
      await mkdir(dirname(path), { recursive: true })
      return await attach(path, settings)
    } catch (error) {
      const locked = error instanceof Error && LOCKED.test(error.message)
      if (!locked) throw new PipelineError('WAREHOUSE_UNAVAILABLE', { reason: kindOf(error) })
      const left = until - Date.now()
      if (left <= 0)
        throw new PipelineError('WAREHOUSE_UNAVAILABLE', { reason: 'another process has the file' })
      await sleep(Math.min(wait, left))
    }
  }
}

function database(connection: DuckDBConnection): Database {
  const run: Database['run'] = async (sql, values) => {
    try {
      const result = await connection.run(sql, values)
      return result.rowsChanged
    } catch (error) {
      throw ours(error)
    }
  }
  return {
    run,
    async rows<T>(sql: string, values?: DuckDBValue[]) {
      try {
        const reader = await connection.runAndReadAll(sql, values)
        return reader.getRowObjectsJson() as T[]
      } catch (error) {
        throw ours(error)
      }
    },
    async transaction(work) {
      await run('BEGIN TRANSACTION')
      try {
        const result = await work()
        await run('COMMIT')
        return result
      } catch (error) {
        await run('ROLLBACK').catch(() => undefined)
        throw error
      }
    },
  }
}

/**
 * Opens the file, works, and closes it whatever happens, so that dbt and others get their turn. Waits its turn for
 * the file, then throws WAREHOUSE_UNAVAILABLE. Closing writes the log back into the file.
 */
export function withDatabase<T>(options: DuckdbFileOptions, work: (db: Database) => Promise<T>): Promise<T> {
  const path = resolve(options.path)
  return exclusively(path, async () => {
    const instance = await open(path, options)
    try {
      const connection = await instance.connect()
      try {
        await connection.run("SET TimeZone = 'UTC'")
        await connection.run(`USE ${ATTACHED}`)
        return await work(database(connection))
      } finally {
        connection.closeSync()
      }
    } catch (error) {
      throw ours(error)
    } finally {
      instance.closeSync()
    }
  })
}

/**
 * Works with a database in memory that keeps the order of rows, spills below `tempRoot`, and is gone afterwards. Errors
 * are as those of a file.
 */
export async function withMemory<T>(
  options: Pick<DuckdbFileOptions, 'memoryLimit' | 'threads'> & { tempRoot: string },
  work: (db: Database) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: options.memoryLimit,
    threads: String(options.threads),
    temp_directory: options.tempRoot,
    autoinstall_known_extensions: 'false',
  })
  try {
    const connection = await instance.connect()
    try {
      await connection.run("SET TimeZone = 'UTC'")
      return await work(database(connection))
    } finally {
      connection.closeSync()
    }
  } finally {
    instance.closeSync()
  }
}
