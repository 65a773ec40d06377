import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bucket } from '@google-cloud/storage'
import { gcsLake } from '../lake/gcs.ts'
import type { LoaderDeps } from '../loader/group.ts'
import { type LoadReport, loadTables } from '../loader/load.ts'
import { type DuckdbOptions, duckdbWarehouse } from '../warehouse/duckdb.ts'
import { withDatabase } from '../warehouse/duckdb-file.ts'
import type { Batch } from './batches.ts'
import { type LogBook, logBook, type Outbox, outbox } from './serving.ts'

export interface Loading {
  bucket: Bucket
  file: DuckdbOptions
  deps: LoaderDeps
  deadLetters: Outbox
  log: LogBook
  load(given?: Partial<LoaderDeps>): Promise<LoadReport>
  put(batch: Pick<Batch, 'name' | 'data'>, metadata?: Record<string, string>): Promise<void>
  rows<T = Record<string, string>>(sql: string): Promise<T[]>
  /** Each offset of raw.visits_changes as often as it is there, in order. */
  offsets(): Promise<number[]>
  /** State and rows of each object in the ledger, by name. */
  ledger(): Promise<{ object: string; state: string; rows: string | null; reasonCode: string | null }[]>
  /** Temporary folders that a load left behind. */
  leftovers(): Promise<string[]>
  remove(): Promise<void>
}

/** A loader of visits on a real lake and a DuckDB file in a folder of its own. */
export async function newLoading(bucket: Bucket): Promise<Loading> {
  const folder = await mkdtemp(join(tmpdir(), 'loading-'))
  const tempRoot = await mkdtemp(join(folder, 'tmp-'))
  const path = join(folder, 'hospital.duckdb')
  const file = { path, memoryLimit: '512MB', threads: 2, lockWaitMs: 20_000 }
  const log = logBook()
  const deadLetters = outbox()
  const deps: LoaderDeps = {
    name: 'load-facts',
    lake: gcsLake(bucket),
    warehouse: duckdbWarehouse(file),
    deadLetters,
    log,
    tempRoot,
    parallel: 4,
    limits: { objects: 500, bytes: 32 * 1024 * 1024, stagedBytes: 64 * 1024 * 1024 },
  }
  const rows = <T>(sql: string) => withDatabase({ ...file, memoryLimit: '2GB' }, (db) => db.rows<T>(sql))
  return {
    bucket,
    file,
    deps,
    deadLetters,
    log,
    rows,
    load: (given = {}) => loadTables({ ...deps, ...given }, ['visits'], Date.now() + 600_000),
    put: ({ name, data }, metadata = {}) =>
      bucket
        .file(name)
        .save(data, { resumable: false, metadata: { contentType: 'application/gzip', metadata } }),
    offsets: async () =>
      (
        await rows<{ o: number }>(
          'SELECT "offset"::INTEGER AS o FROM raw.visits_changes ORDER BY "partition", o',
        )
      ).map(({ o }) => o),
    ledger: () =>
      rows('SELECT object, state, "rows", "reasonCode" FROM raw.load_objects ORDER BY object, generation'),
    leftovers: () => readdir(tempRoot),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

export const counts = (objects: number, rows: number, duplicates = 0, broken = 0) => ({
  objects,
  rows,
  duplicates,
  broken,
})

/** The totals of a report without its time. */
export function totals({ totals: { seconds: _, ...rest } }: LoadReport): ReturnType<typeof counts> {
  return rest
}

/** first, first + 1 ... last. */
export function upTo(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index)
}
