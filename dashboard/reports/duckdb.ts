import { statSync } from 'node:fs'
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  type Json,
} from '@duckdb/node-api'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Columns, Query, RowOf } from './query.ts'
import type { ReportStore } from './store.ts'
import { convertRow } from './values.ts'

export interface DuckdbReportsOptions {
  /** The published file: whoever has the old one open reads on in it when a new one takes its place. */
  path: string
  memoryLimit?: string
  threads?: number
  /** Connections, so that the queries of one page run side by side. */
  connections?: number
  /** How often to look whether another file is there, ms. */
  lookEveryMs?: number
}

const TYPES = { text: 'VARCHAR', date: 'DATE', bigint: 'BIGINT' } as const

/** Of a connection: planning a query costs as much as running it on some ten thousand rows. */
const STATEMENTS_KEPT = 128

/** A connection with the statements that it has planned, the one used last at the end. */
class Prepared {
  private readonly statements = new Map<string, DuckDBPreparedStatement>()
  private readonly connection: DuckDBConnection

  constructor(connection: DuckDBConnection) {
    this.connection = connection
  }

  async rows(query: Query): Promise<Record<string, Json>[]> {
    const sql = text(query)
    const statement = this.statements.get(sql) ?? (await this.connection.prepare(sql))
    this.statements.delete(sql)
    this.statements.set(sql, statement)
    if (this.statements.size > STATEMENTS_KEPT) {
      const [oldest, unused] = this.statements.entries().next().value!
      this.statements.delete(oldest)
      unused.destroySync()
    }
    statement.bind(values(query))
    return (await statement.runAndReadAll()).getRowObjectsJson() as Record<string, Json>[]
  }

  close(): void {
    for (const statement of this.statements.values()) statement.destroySync()
    this.statements.clear()
    this.connection.closeSync()
  }
}

interface Opened {
  version: string
  instance: DuckDBInstance
  idle: Prepared[]
  waiting: ((connection: Prepared) => void)[]
  /** Queries under way. */
  users: number
  retired: boolean
}

/** The query in DuckDB's own words. */
function text({ sql, params }: Query): string {
  return sql
    .replaceAll('{mart}', 'marts.')
    .replace(/@(\w+)/g, (_, name: string) => `cast($${name} as ${TYPES[params[name]!.type]})`)
}

const values = ({ params }: Query): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(([name, { value }]) => [name, value]))

function unavailable(error: unknown): PipelineError {
  if (error instanceof PipelineError) return error
  const words = error instanceof Error ? error.message : ''
  // A table that is not there is the build's business; of anything else only the kind, as the text may quote a value.
  if (/^Catalog Error: Table with name/.test(words)) return new PipelineError('REPORTS_MISSING', {}, error)
  const kind = /^(?:Error: )?([A-Z][A-Za-z ]{2,40}) Error/.exec(words)?.[1] ?? 'unknown'
  return new PipelineError('REPORTS_UNAVAILABLE', { reason: kind }, error)
}

/** Marts in the published DuckDB file. A new file is taken up by itself. */
export function duckdbReports(options: DuckdbReportsOptions): ReportStore {
  const { path, memoryLimit = '256MB', threads = 1, connections = 4, lookEveryMs = 250 } = options
  let current: Opened | undefined
  let opening: Promise<Opened> | undefined
  let looked = { at: 0, version: undefined as string | undefined }
  let closed = false

  // Not by a thread of the pool: DuckDB's queries have those, and answers from memory must not wait for them.
  const look = (): string | undefined => {
    if (looked.at === 0 || performance.now() - looked.at >= lookEveryMs) {
      const seen = statSync(path, { bigint: true, throwIfNoEntry: false })
      looked = { at: performance.now(), version: seen && `${seen.ino}-${seen.mtimeNs}` }
    }
    return looked.version
  }
  const end = (opened: Opened): void => {
    opened.retired = true
    if (opened.users > 0) return
    for (const connection of opened.idle.splice(0)) connection.close()
    opened.instance.closeSync()
  }
  const open = async (version: string): Promise<Opened> => {
    const instance = await DuckDBInstance.create(path, {
      access_mode: 'READ_ONLY',
      memory_limit: memoryLimit,
      threads: String(threads),
      autoinstall_known_extensions: 'false',
    })
    const connected = await Promise.all(Array.from({ length: connections }, () => instance.connect()))
    for (const connection of connected) await connection.run("SET TimeZone = 'UTC'")
    const idle = connected.map((connection) => new Prepared(connection))
    return { version, instance, idle, waiting: [], users: 0, retired: false }
  }
  const opened = async (): Promise<Opened> => {
    if (closed) throw new PipelineError('REPORTS_UNAVAILABLE', { reason: 'closed' })
    const version = look()
    if (version === undefined) throw new PipelineError('REPORTS_MISSING', { file: 'published' })
    if (current?.version === version) return current
    opening ??= open(version).finally(() => {
      opening = undefined
    })
    const made = await opening
    if (current !== made) {
      if (current) end(current)
      current = made
    }
    return made
  }
  const using = async <T>(work: (connection: Prepared) => Promise<T>): Promise<T> => {
    const file = await opened()
    file.users += 1
    const connection =
      file.idle.pop() ?? (await new Promise<Prepared>((resolve) => file.waiting.push(resolve)))
    try {
      return await work(connection)
    } finally {
      file.users -= 1
      const next = file.waiting.shift()
      if (next) next(connection)
      else file.idle.push(connection)
      if (file.retired) end(file)
    }
  }
  return {
    async rows<C extends Columns>(query: Query<C>) {
      try {
        const found = await using((connection) => connection.rows(query))
        return found.map((row) => convertRow(query.columns, row as Cells)) as RowOf<C>[]
      } catch (error) {
        throw unavailable(error)
      }
    },
    async *pages<C extends Columns>(query: Query<C>) {
      // A connection of its own: a reader that is slow, or leaves, must not hold up the page.
      const file = await opened()
      file.users += 1
      try {
        const connection = await file.instance.connect()
        try {
          await connection.run("SET TimeZone = 'UTC'")
          const result = await connection.stream(text(query), values(query))
          for await (const rows of result.yieldRowObjectJson()) {
            yield (rows as Record<string, Json>[]).map((row) =>
              convertRow(query.columns, row as Cells),
            ) as RowOf<C>[]
          }
        } finally {
          connection.closeSync()
        }
      } catch (error) {
        throw unavailable(error)
      } finally {
        file.users -= 1
        if (file.retired) end(file)
      }
    },
    version: async () => look(),
    async close() {
      closed = true
      await opening?.catch(() => undefined)
      if (current) end(current)
      current = undefined
    },
  }
}

type Cells = Record<string, string | number | boolean | null>
