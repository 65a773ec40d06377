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

/** Rows a second of PostgreSQL's own `COPY … TO STDOUT` of a table: what nothing that reads it over a connection beats by much. */
export async function measureCopy(
  databaseUrl: string,
  table: string,
): Promise<{ rows: number; rowsPerSecond: number }> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const copy = new CopyOut(`COPY public."${table}" TO STDOUT`)
    const begun = performance.now()
    client.query(copy)
    const rows = await copy.done
    return { rows, rowsPerSecond: rows / ((performance.now() - begun) / 1000) }
  } finally {
    await client.end()
  }
}

/** What batch-export is plugged in with: writes the table to the lake as it does in production; gives its rows. */
export type ExportTable = (table: string) => Promise<number>

/** batch-export beside COPY, of the same table on the same server; the ratio is wanted to be a half or more. */
export async function measureExport(
  databaseUrl: string,
  table: string,
  exportTable: ExportTable,
): Promise<{ exportRowsPerSecond: number; copyRowsPerSecond: number; exportRatio: number }> {
  const { rows, rowsPerSecond: copyRowsPerSecond } = await measureCopy(databaseUrl, table)
  const begun = performance.now()
  const exported = await exportTable(table)
  const exportRowsPerSecond = exported / ((performance.now() - begun) / 1000)
  if (exported !== rows) throw new Error(`the export has ${exported} rows and not ${rows}`)
  return { exportRowsPerSecond, copyRowsPerSecond, exportRatio: exportRowsPerSecond / copyRowsPerSecond }
}
