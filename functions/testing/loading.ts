import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bucket } from '@google-cloud/storage'
import { findTable } from '@pipeline/hospital/catalog.ts'
import { gcsLake } from '../lake/gcs.ts'
import type { LoaderDeps } from '../loader/group.ts'
import { type LoadReport, loadTables } from '../loader/load.ts'
import type { Datasets } from '../warehouse/bigquery/ensure.ts'
import { type BigqueryWarehouseOptions, bigqueryWarehouse } from '../warehouse/bigquery/warehouse.ts'
import { type DuckdbOptions, duckdbWarehouse } from '../warehouse/duckdb.ts'
import { withDatabase } from '../warehouse/duckdb-file.ts'
import type { Warehouse } from '../warehouse/port.ts'
import type { Batch } from './batches.ts'
import type { BigqueryEmulator } from './bqemulator.ts'
import { type LogBook, logBook, type Outbox, outbox } from './serving.ts'

/** A warehouse under test, and what its tests look at. */
export interface Store {
  warehouse: Warehouse
  /** Each offset of the log of visits as often as it is there, in order of partition and offset. */
  offsets(): Promise<number[]>
  ledger(): Promise<LedgerEntry[]>
}

export interface LedgerEntry {
  object: string
  state: string
  /** A whole number. */
  rows: string | null
  reasonCode: string | null
}

/** A loader of visits on a real lake. */
export interface LoadingOf {
  bucket: Bucket
  deps: LoaderDeps
  deadLetters: Outbox
  log: LogBook
  load(given?: Partial<LoaderDeps>): Promise<LoadReport>
  put(batch: Pick<Batch, 'name' | 'data'>, metadata?: Record<string, string>): Promise<void>
  /** Each offset of raw.visits_changes as often as it is there, in order. */
  offsets(): Promise<number[]>
  /** State and rows of each object in the ledger, by name. */
  ledger(): Promise<LedgerEntry[]>
  /** Temporary folders that a load left behind. */
  leftovers(): Promise<string[]>
  remove(): Promise<void>
}

export interface Loading extends LoadingOf {
  file: DuckdbOptions
  rows<T = Record<string, string>>(sql: string): Promise<T[]>
}

/** A loader of visits on a real lake and a warehouse, with a folder of its own for temporary files. */
export async function newLoadingOf(bucket: Bucket, store: (folder: string) => Store): Promise<LoadingOf> {
  const folder = await mkdtemp(join(tmpdir(), 'loading-'))
  const tempRoot = await mkdtemp(join(folder, 'tmp-'))
  const log = logBook()
  const deadLetters = outbox()
  const { warehouse, offsets, ledger } = store(folder)
  const deps: LoaderDeps = {
    name: 'load-facts',
    lake: gcsLake(bucket),
    warehouse,
    deadLetters,
    log,
    tempRoot,
    parallel: 4,
    limits: { objects: 500, bytes: 32 * 1024 * 1024, stagedBytes: 64 * 1024 * 1024 },
  }
  return {
    bucket,
    deps,
    deadLetters,
    log,
    offsets,
    ledger,
    load: (given = {}) => loadTables({ ...deps, ...given }, ['visits'], Date.now() + 600_000),
    put: ({ name, data }, metadata = {}) =>
      bucket
        .file(name)
        .save(data, { resumable: false, metadata: { contentType: 'application/gzip', metadata } }),
    leftovers: () => readdir(tempRoot),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

/** The same on a DuckDB file. */
export async function newLoading(bucket: Bucket): Promise<Loading> {
  let file: DuckdbOptions
  const rows = <T>(sql: string) => withDatabase({ ...file, memoryLimit: '2GB' }, (db) => db.rows<T>(sql))
  const loading = await newLoadingOf(bucket, (folder) => {
    file = { path: join(folder, 'hospital.duckdb'), memoryLimit: '512MB', threads: 2, lockWaitMs: 20_000 }
    return {
      warehouse: duckdbWarehouse(file),
      offsets: async () => {
        const found = await rows<{ o: number }>(
          'SELECT "offset"::INTEGER AS o FROM raw.visits_changes ORDER BY "partition", o',
        )
        return found.map(({ o }) => o)
      },
      ledger: () =>
        rows('SELECT object, state, "rows", "reasonCode" FROM raw.load_objects ORDER BY object, generation'),
    }
  })
  return { ...loading, file: file!, rows }
}

/** The same on the BigQuery emulator, in datasets that no other test uses. */
export function newBigqueryLoading(
  bucket: Bucket,
  { bigquery }: Pick<BigqueryEmulator, 'bigquery'>,
  datasets: Datasets,
  at?: BigqueryWarehouseOptions['at'],
): Promise<LoadingOf> {
  const rows = async <T>(sql: string) => (await bigquery.query({ query: sql }))[0] as T[]
  return newLoadingOf(bucket, () => ({
    warehouse: bigqueryWarehouse({
      bigquery,
      datasets,
      loadsPerDay: 1000,
      timeoutMs: 30_000,
      pauseMs: 5,
      tables: [findTable('visits')!],
      at,
    }),
    offsets: async () => {
      const found = await rows<{ o: number }>(
        `SELECT \`offset\` AS o FROM ${datasets.raw}.visits_changes ORDER BY \`partition\`, o`,
      )
      return found.map(({ o }) => o)
    },
    ledger: () =>
      rows(`SELECT object AS object, state AS state, CAST(\`rows\` AS STRING) AS \`rows\`, reasonCode AS reasonCode
        FROM ${datasets.raw}.load_objects ORDER BY object, generation`),
  }))
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
