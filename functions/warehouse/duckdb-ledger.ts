import type { Offsets } from '@pipeline/hospital/lake-names.ts'
import type { LakeObject } from '../lake/port.ts'
import { changesTable } from './ddl.ts'
import type { Database } from './duckdb-file.ts'
import { identity } from './load-id.ts'
import { type OffsetRange, spans } from './overlap.ts'
import type { LoadPlan } from './port.ts'

/** Ranges of loaded objects that may share offsets with some. */
export async function doneRanges(
  db: Database,
  table: string,
  ranges: readonly OffsetRange[],
): Promise<OffsetRange[]> {
  const found: OffsetRange[] = []
  for (const { topic, partition, firstOffset, lastOffset } of spans(ranges)) {
    const rows = await db.rows<{ first: number; last: number }>(
      `SELECT "firstOffset"::DOUBLE AS first, "lastOffset"::DOUBLE AS last FROM raw.load_objects
       WHERE "tableName" = $1 AND state = 'done' AND topic = $2 AND "partition" = $3
         AND "firstOffset" <= $4 AND "lastOffset" >= $5`,
      [table, topic, partition, BigInt(lastOffset), BigInt(firstOffset)],
    )
    for (const { first, last } of rows) found.push({ topic, partition, firstOffset: first, lastOffset: last })
  }
  return found
}

/** The ledger's rows of a page lie between its first and last name, since the lake lists by name. */
export async function unknownOf(
  db: Database,
  table: string,
  page: readonly LakeObject[],
): Promise<LakeObject[]> {
  if (page.length === 0) return []
  const names = page.map(({ name }) => name).sort()
  const rows = await db.rows<{ name: string; generation: string }>(
    `SELECT object AS name, generation::VARCHAR AS generation FROM raw.load_objects
     WHERE "tableName" = $1 AND object BETWEEN $2 AND $3`,
    [table, names[0]!, names.at(-1)!],
  )
  const known = new Set(rows.map(identity))
  return page.filter((object) => !known.has(identity(object)))
}

/** See Warehouse.loaded. */
export function loadedRuns(db: Database, table: string, range: OffsetRange): Promise<Offsets[]> {
  const { topic, partition, firstOffset, lastOffset } = range
  return db.rows<Offsets>(
    `SELECT min(o)::DOUBLE AS first, max(o)::DOUBLE AS last FROM (
       SELECT "offset" AS o, "offset" - row_number() OVER (ORDER BY "offset") AS run FROM ${changesTable(table)}
       WHERE topic = $1 AND "partition" = $2 AND "offset" BETWEEN $3 AND $4) GROUP BY run ORDER BY first`,
    [topic, partition, BigInt(firstOffset), BigInt(lastOffset)],
  )
}

/** See Warehouse.retry. */
export function lift(db: Database, table: string, objects: readonly string[]): Promise<number> {
  return db.run(
    `DELETE FROM raw.load_objects WHERE "tableName" = $1 AND state = 'broken'
       AND object IN (SELECT unnest(from_json($2::JSON, '["VARCHAR"]')))`,
    [table, JSON.stringify(objects)],
  )
}

/** See Warehouse.markLoaded. */
export async function markLoaded(
  db: Database,
  { loadId }: LoadPlan,
  { name, generation }: Pick<LakeObject, 'name' | 'generation'>,
): Promise<void> {
  await db.run(
    `UPDATE raw.load_objects SET state = 'done', "rows" = coalesce("rows", 0), "doneAt" = current_timestamp
     WHERE "loadId" = $1 AND object = $2 AND generation = $3 AND state = 'planned'`,
    [loadId, name, BigInt(generation)],
  )
}
