import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createOnce, md5Of } from '../lake/create-once.ts'
import type { LakeObject } from '../lake/port.ts'
import { type Chunk, type ChunkLimits, Chunks } from './chunks.ts'
import type { Encoder } from './encode.ts'
import { exportPrefix, partName, refusedName } from './names.ts'
import type { WorkQueue } from './queue.ts'
import type { ExportObject, TableExport } from './record.ts'
import type { ExportSnapshot } from './snapshot.ts'
import type { ExportStore } from './store.ts'

/** Part of a part's hash: a change of the way in which parts are written gives them new names. */
const FORMAT = 2

export interface TableDeps {
  snapshot: ExportSnapshot
  store: ExportStore
  encoder: Encoder
  /** Chunks of all tables, encoded and uploaded one after the other. */
  queue: WorkQueue
  limits: ChunkLimits
  tempRoot: string
  /** Called after each part, for what must stop in time; what it throws ends the export. */
  checkpoint?: () => void | Promise<void>
}

export interface TableOutcome extends TableExport {
  /** Parts that were in the lake already, with just these rows. */
  kept: number
  /** Bytes that PostgreSQL gave. */
  read: number
  seconds: number
}

interface Part {
  part: ExportObject
  refused?: ExportObject
  kept: boolean
}

type Found = ReadonlyMap<string, LakeObject>

async function found(store: ExportStore, table: string, day: string): Promise<Found> {
  const objects = new Map<string, LakeObject>()
  for await (const page of store.list(exportPrefix(table, day))) {
    for (const object of page) objects.set(object.name, object)
  }
  return objects
}

function objectOf({ name, count, size, md5 }: LakeObject): ExportObject | undefined {
  return count === undefined || md5 === undefined ? undefined : { name, rows: count, bytes: size, md5 }
}

/** A chunk's part as it lies in the lake, if it is whole: the file of refused rows is always written first. */
function partFound(chunk: Chunk, name: string, refusedAs: string, objects: Found): Part | undefined {
  const object = objects.get(name)
  const part = object && objectOf(object)
  if (!part) return undefined
  const besides = objects.get(refusedAs)
  const refused = besides && objectOf(besides)
  if (part.rows + (refused?.rows ?? 0) !== chunk.rows) return undefined
  return { part, ...(refused ? { refused } : {}), kept: true }
}

async function upload(
  store: ExportStore,
  file: string,
  object: { name: string; rows: number; contentType: string },
): Promise<ExportObject> {
  const { name, rows, contentType } = object
  const bytes = await readFile(file)
  const md5 = md5Of(bytes)
  await createOnce(store, { name, bytes, contentType, metadata: { count: String(rows), md5 } })
  return { name, rows, bytes: bytes.length, md5 }
}

/**
 * Reads one table of a snapshot and exports it to `exports/<table>/date=<day>/`. Settles when all rows are read, so that
 * the next table can be while the rest of this one is encoded; `outcome` settles with the last part. A part is named by
 * a hash of its rows, so one that an earlier run left is kept only where this snapshot has just those rows. Both reject
 * with what the snapshot and the store throw, EXPORT_NOT_WHOLE, LAKE_CONFLICT, and what `checkpoint` throws.
 */
export async function exportTable(
  deps: TableDeps,
  table: string,
  day: string,
): Promise<{ outcome: Promise<TableOutcome> }> {
  const { snapshot, store, encoder, queue, limits } = deps
  const started = Date.now()
  const columns = await snapshot.columns(table)
  const objects = found(store, table, day)
  objects.catch(() => {})
  const folder = await mkdtemp(join(deps.tempRoot, 'export-'))
  const clear = () => rm(folder, { recursive: true, force: true })
  const parts: Part[] = []
  let read = 0
  const take = async (chunk: Chunk): Promise<void> => {
    parts.push(await partOf(chunk))
    read += chunk.bytes
    await rm(chunk.file, { force: true })
    await deps.checkpoint?.()
  }
  const partOf = async (chunk: Chunk): Promise<Part> => {
    const name = partName(table, day, chunk.hash)
    const refusedAs = refusedName(table, day, chunk.hash)
    const there = partFound(chunk, name, refusedAs, await objects)
    if (there) return there
    const [parquet, ndjson] = [`${chunk.file}.parquet`, `${chunk.file}.refused`]
    const { rows, refused } = await encoder.encode(chunk, columns, parquet, ndjson)
    await rm(chunk.file, { force: true })
    const lines = { name: refusedAs, rows: refused, contentType: 'application/x-ndjson' }
    const aside = refused > 0 ? await upload(store, ndjson, lines) : undefined
    const part = await upload(store, parquet, { name, rows, contentType: 'application/vnd.apache.parquet' })
    await Promise.all([rm(parquet, { force: true }), rm(ndjson, { force: true })])
    return { part, ...(aside ? { refused: aside } : {}), kept: false }
  }
  const chunks = new Chunks({ folder, seed: JSON.stringify([FORMAT, columns]), limits, queue }, take)
  try {
    await snapshot.copy(table, columns, chunks)
    chunks.end()
  } catch (error) {
    await Promise.all([queue.idle(), chunks.idle()])
    await clear()
    throw error
  }
  const outcome = chunks
    .taken()
    .finally(() => chunks.idle().then(clear))
    .then(() => outcomeOf({ table, columns }, parts, read, started))
  outcome.catch(() => {})
  return { outcome }
}

function outcomeOf(
  from: Pick<TableOutcome, 'table' | 'columns'>,
  parts: readonly Part[],
  read: number,
  started: number,
): TableOutcome {
  const sum = (list: readonly ExportObject[]): number => list.reduce((total, { rows }) => total + rows, 0)
  const written = parts.map(({ part }) => part)
  const refused = parts.flatMap((each) => each.refused ?? [])
  return {
    ...from,
    rows: sum(written),
    refusedRows: sum(refused),
    parts: written,
    refused,
    kept: parts.filter(({ kept }) => kept).length,
    read,
    seconds: (Date.now() - started) / 1000,
  }
}
