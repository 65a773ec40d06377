import { withClient } from '@pipeline/cdc/database.ts'
import type { ExportReport } from '@pipeline/functions/batch-export/export.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { callFunction } from '@pipeline/local-emulators/commands/call-function.ts'
import type { StackFile } from '@pipeline/local-emulators/stack-file.ts'
import pg from 'pg'

/** Takes the bytes of a COPY as they come and keeps none. */
class CopyOut implements pg.Submittable {
  bytes = 0
  readonly done: Promise<number>
  #resolve!: (rows: number) => void
  #reject!: (error: Error) => void
  #rows = 0
  readonly #sql: string

  constructor(sql: string) {
    this.#sql = sql
    this.done = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  submit = (connection: pg.Connection): void => {
    ;(connection as unknown as { query(sql: string): void }).query(this.#sql)
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    this.bytes += chunk.length
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.#rows = Number(text.split(' ')[1])
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#rows)
  }

  handleError(error: Error): void {
    this.#reject(error)
  }
}

/** PostgreSQL's own `COPY … TO STDOUT` of a table: what nothing that reads it over a connection beats by much. */
async function measureCopy(databaseUrl: string, table: string): Promise<{ rows: number; seconds: number }> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const copy = new CopyOut(`COPY public."${table}" TO STDOUT`)
    const begun = performance.now()
    client.query(copy)
    const rows = await copy.done
    return { rows, seconds: (performance.now() - begun) / 1000 }
  } finally {
    await client.end()
  }
}

/**
 * batch-export of all tables, by its own function into the lake, beside COPY of the same tables one after the other.
 */
export async function measureExport(
  stack: StackFile,
): Promise<{ exportRowsPerSecond: number; copyRowsPerSecond: number; exportRatio: number }> {
  let rows = 0
  let copySeconds = 0
  // What was written before does not share the machine with either.
  await withClient(stack.postgresUrl, (client) => client.query('CHECKPOINT'))
  for (const { name } of catalog) {
    const copied = await measureCopy(stack.postgresUrl, name)
    rows += copied.rows
    copySeconds += copied.seconds
  }
  const begun = performance.now()
  const report = await callFunction<ExportReport>(stack, 'batch-export', { again: true })
  const seconds = (performance.now() - begun) / 1000
  const exported = Object.values(report.tables).reduce((sum, table) => sum + table.rows, 0)
  if (exported !== rows) throw new Error(`the export has ${exported} rows and not ${rows}`)
  const copyRowsPerSecond = rows / copySeconds
  const exportRowsPerSecond = rows / seconds
  return { exportRowsPerSecond, copyRowsPerSecond, exportRatio: exportRowsPerSecond / copyRowsPerSecond }
}
