import { Session } from 'chdb'
import { answerFormat, type QueryRequest } from './request.ts'

/** An error of the engine with its number, as the HTTP interface answers it. */
export class EngineError extends Error {
  readonly code: number

  constructor(message: string) {
    super(message)
    this.name = 'EngineError'
    this.code = Number(/\bCode: (\d+)/.exec(message)?.[1] ?? 1000)
  }
}

export interface Answer {
  format: string
  /** Pieces of the result as they are made. */
  chunks: AsyncIterable<Uint8Array>
}

export interface EngineOptions {
  dir: string
  /** Of the whole engine. */
  memoryBytes: number
  threads: number
}

const escaped = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")

function engineError(error: unknown): EngineError {
  const text = error instanceof Error ? error.message : String(error)
  return new EngineError(text.replace(/^Query failed: /, ''))
}

/**
 * ClickHouse in this process, one query at a time. Each query has a connection of its own, so that its settings,
 * parameters and database end with it.
 */
export class Engine {
  private readonly options: EngineOptions
  private readonly arguments: string[]
  private readonly keeper: Session
  private last: Promise<void> = Promise.resolve()

  constructor(options: EngineOptions) {
    const { memoryBytes, threads } = options
    this.options = options
    this.arguments = [
      `--max_server_memory_usage=${memoryBytes}`,
      `--max_memory_usage=${Math.floor(memoryBytes * 0.8)}`,
      `--max_threads=${threads}`,
      `--max_insert_threads=1`,
      `--mark_cache_size=${16 * 1024 * 1024}`,
      `--primary_index_cache_size=${16 * 1024 * 1024}`,
      `--query_condition_cache_size=${4 * 1024 * 1024}`,
      `--compiled_expression_cache_size=${8 * 1024 * 1024}`,
      // There is no queue between requests here that an asynchronous insert could wait in.
      '--async_insert=0',
    ]
    // Keeps the data directory open between queries.
    this.keeper = this.connect()
  }

  private connect(): Session {
    return new Session(this.options.dir, { connectionArgs: this.arguments })
  }

  /**
   * Runs a query when those before it are done, and gives its result to `take`; the next one starts when that has
   * ended. Throws EngineError.
   */
  async run(request: QueryRequest, take: (answer: Answer) => Promise<void>): Promise<void> {
    const before = this.last
    const { promise, resolve } = Promise.withResolvers<void>()
    this.last = promise
    await before
    const session = this.connect()
    try {
      for (const statement of preparations(request)) await execute(session, statement)
      const { format, streams } = answerFormat(request)
      if (streams) await take({ format, chunks: await started(session, request.sql, format) })
      else {
        const bytes = await execute(session, request.sql, format)
        await take({ format, chunks: once(bytes) })
      }
    } finally {
      session.close()
      resolve()
    }
  }

  /** Ends once the running query has. */
  async close(): Promise<void> {
    await this.last
    this.keeper.close()
  }
}

function* preparations({ database, settings, params }: QueryRequest): Generator<string> {
  if (database !== undefined && database !== '') yield `USE \`${escaped(database).replaceAll('`', '\\`')}\``
  for (const [name, value] of Object.entries(settings)) yield `SET ${name} = '${escaped(value)}'`
  for (const [name, value] of Object.entries(params)) yield `SET param_${name} = '${escaped(value)}'`
}

async function execute(session: Session, sql: string, format = 'TabSeparated'): Promise<Uint8Array> {
  try {
    return (await session.queryAsync(sql, { format })).bytes()
  } catch (error) {
    throw engineError(error)
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  if (bytes.length > 0) yield bytes
}

/** A streamed result whose first piece is there: an error that comes at once is thrown before anything is sent. */
async function started(session: Session, sql: string, format: string): Promise<AsyncIterable<Uint8Array>> {
  const stream = session.queryStream(sql, { format })
  const chunks = stream[Symbol.asyncIterator]()
  const next = async (): Promise<Uint8Array | undefined> => {
    try {
      const { done, value } = await chunks.next()
      return done ? undefined : value.raw()
    } catch (error) {
      throw engineError(error)
    }
  }
  let piece = await next().catch((error: unknown) => {
    stream.cancel()
    throw error
  })
  return (async function* () {
    try {
      for (; piece !== undefined; piece = await next()) yield piece
    } finally {
      stream.cancel()
    }
  })()
}
