import { DuckDBInstance } from '@duckdb/node-api'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { kindOf } from '../warehouse/engine-error.ts'
import { MEMORY_PER_LINE } from '../warehouse/memory.ts'

/** A DuckDB in memory that reads and writes Parquet files. One statement at a time, one thread: order is kept. */
export interface Engine {
  run(sql: string): Promise<void>
  rows<T>(sql: string): Promise<T[]>
  /** The rows of a query as arrays, a vector (at most 2048 rows) at a time. */
  vectors(sql: string): AsyncGenerator<unknown[][]>
  /** Lets statements have what a line of so many bytes needs. */
  makeRoom(longestLine: number): Promise<void>
}

const MEMORY_MB = 512

/** Parquet could not be read or written. The engine's own text may quote a value and stays out. */
export class EngineFault extends Error {
  override name = 'EngineFault'
  readonly kind: string
  constructor(error: unknown) {
    const kind = kindOf(error)
    super(kind)
    this.kind = kind
  }
}

async function ours<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof PipelineError ? error : new EngineFault(error)
  }
}

/** Opens an engine, works, and closes it whatever happens. Throws EngineFault for what the engine refuses. */
export async function withEngine<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
  const settings = {
    memory_limit: `${MEMORY_MB}MB`,
    threads: '1',
    temp_directory: '',
    autoinstall_known_extensions: 'false',
  }
  const instance = await DuckDBInstance.create(':memory:', settings)
  let memory = MEMORY_MB
  const connection = await instance.connect()
  const engine: Engine = {
    run: (sql) => ours(async () => void (await connection.run(sql))),
    rows: <T>(sql: string) =>
      ours(async () => (await connection.runAndReadAll(sql)).getRowObjectsJson() as T[]),
    async *vectors(sql) {
      // The next statement of a connection ends a stream, so each has a connection of its own.
      const own = await instance.connect()
      try {
        const result = await ours(() => own.stream(sql))
        for (;;) {
          const chunk = await ours(() => result.fetchChunk())
          if (!chunk || chunk.rowCount === 0) return
          yield chunk.getRows() as unknown[][]
        }
      } finally {
        own.closeSync()
      }
    },
    async makeRoom(longestLine) {
      const needed = Math.ceil((MEMORY_PER_LINE * longestLine) / 1e6)
      if (needed <= memory) return
      memory = needed
      await engine.run(`SET memory_limit = '${memory}MB'`)
    },
  }
  try {
    return await work(engine)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}
