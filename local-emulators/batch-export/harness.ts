import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Bucket } from '@google-cloud/storage'
import { type ExportDeps, exportAll } from '@pipeline/functions/batch-export/export.ts'
import type { ExportRecord } from '@pipeline/functions/batch-export/record.ts'
import { openExportSnapshot } from '@pipeline/functions/batch-export/snapshot.ts'
import { exportStore } from '@pipeline/functions/batch-export/store.ts'
import { gcsLake } from '@pipeline/functions/lake/gcs.ts'
import { type LogBook, logBook } from '@pipeline/functions/testing/serving.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'

export interface Exporting {
  bucket: Bucket
  deps: ExportDeps
  log: LogBook
  run(given?: Partial<ExportDeps>, again?: boolean): ReturnType<typeof exportAll>
  /** Names of all objects below exports/. */
  names(): Promise<string[]>
  record(): Promise<ExportRecord>
  /** Rows of a table's newest export as DuckDB reads them from the lake's parts. */
  rows(table: string, sql?: string): Promise<Record<string, unknown>[]>
  leftovers(): Promise<string[]>
  remove(): Promise<void>
}

/** An export of a database into a bucket, with a folder of its own for temporary files. */
export async function newExporting(
  bucket: Bucket,
  url: string,
  limits = { minBytes: 4096, maxBytes: 65_536 },
): Promise<Exporting> {
  const folder = await mkdtemp(join(tmpdir(), 'exporting-'))
  const tempRoot = await mkdtemp(join(folder, 'tmp-'))
  const log = logBook()
  const deps: ExportDeps = {
    openSnapshot: (tables) => openExportSnapshot(url, tables),
    store: exportStore(bucket, gcsLake(bucket)),
    encoder: { memoryLimit: '128MB', threads: 1, tempRoot },
    limits,
    tempRoot,
    tables: catalog.map(({ name }) => name),
    deadline: Date.now() + 600_000,
    log,
  }
  const names = async (): Promise<string[]> => {
    const [files] = await bucket.getFiles({ prefix: 'exports/' })
    return files.map(({ name }) => name)
  }
  const record = async (): Promise<ExportRecord> => {
    const last = (await names()).filter((name) => name.startsWith('exports/_exports/')).at(-1)!
    const [bytes] = await bucket.file(last).download()
    return JSON.parse(bytes.toString()) as ExportRecord
  }
  return {
    bucket,
    deps,
    log,
    run: (given, again) => exportAll({ ...deps, ...given }, again),
    names,
    record,
    async rows(table, sql = 'SELECT * FROM parts') {
      const { tables } = await record()
      const files = tables.find((each) => each.table === table)!.parts.map(({ name }) => name)
      const parts = await mkdtemp(join(folder, 'parts-'))
      const paths = files.map((_, index) => join(parts, `${index}.parquet`))
      for (const [index, name] of files.entries())
        await bucket.file(name).download({ destination: paths[index]! })
      const instance = await DuckDBInstance.create(':memory:')
      const connection = await instance.connect()
      try {
        await connection.run("SET TimeZone = 'UTC'")
        const list = paths.map((path) => `'${path}'`).join(', ')
        await connection.run(`CREATE VIEW parts AS SELECT * FROM read_parquet([${list}])`)
        return (await connection.runAndReadAll(sql)).getRowObjectsJson()
      } finally {
        connection.closeSync()
        instance.closeSync()
      }
    },
    leftovers: () => readdir(tempRoot),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
