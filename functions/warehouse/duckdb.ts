import { catalog, type Table } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { parseLakeName } from '@pipeline/hospital/lake-names.ts'
import type { LakeObject } from '../lake/port.ts'
import { literal } from '../quoting.ts'
import { changesTable, duckdbDdl } from './ddl.ts'
import { type Database, type DuckdbFileOptions, withDatabase } from './duckdb-file.ts'
import { doneRanges, lift, loadedRuns, markLoaded, unknownOf } from './duckdb-ledger.ts'
import { identity, loadIdOf } from './load-id.ts'
import { limitBytes, MEMORY_PER_LINE, setMemory } from './memory.ts'
import { splitByOverlap } from './overlap.ts'
import { packs } from './packs.ts'
import type { LoadOutcome, StagedObject, Warehouse } from './port.ts'

export interface DuckdbOptions extends DuckdbFileOptions {
  tables?: readonly Table[]
  /** Called inside a load's transaction, for tests of crashes. */
  at?: (point: 'inserted' | 'marked') => void | Promise<void>
}

const OBJECT = `object AS name, generation::VARCHAR AS generation, "size"::DOUBLE AS size, "count"::DOUBLE AS count, md5,
  strftime("storedAt" AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%gZ') AS "storedAt"`
const COLUMNS = `{op: 'VARCHAR', "key": 'VARCHAR', "row": 'VARCHAR', row_key: 'VARCHAR', sequence: 'VARCHAR',
  "txId": 'BIGINT', "committedAt": 'VARCHAR', "capturedAt": 'VARCHAR', topic: 'VARCHAR', "partition": 'INTEGER',
  "offset": 'BIGINT'}`
const DEFAULT_LINE_BYTES = 16 * 1024 * 1024

type LedgerObject = Omit<LakeObject, 'md5' | 'count'> & { md5: string | null; count: number | null }

function lakeObject({ md5, count, ...object }: LedgerObject): LakeObject {
  return { ...object, ...(md5 === null ? {} : { md5 }), ...(count === null ? {} : { count }) }
}

/** DuckDB may hold 2048 rows of each thread in memory, however long they are. */
const SHORT_LINE_BYTES = 8 * 1024

/** What one statement reads. Each leaves half-full row groups behind, which cost as much again when the file is closed. */
function statementBytes(staged: readonly StagedObject[]): number {
  const short = staged.every(({ longestLine }) => longestLine <= SHORT_LINE_BYTES)
  return (short ? 64 : 32) * 1024 * 1024
}

/** Lets a load have what its longest line needs, above the configured limit if it must be. */
async function makeRoom(db: Database, limit: string, staged: readonly StagedObject[]): Promise<void> {
  const needed = MEMORY_PER_LINE * Math.max(0, ...staged.map(({ longestLine }) => longestLine))
  if (needed > limitBytes(limit)) await setMemory(db, needed)
}

/** A load is never older than the one before, whatever the clock does: what is new is known by this time. */
async function loadTime(db: Database, table: string): Promise<string> {
  const [row] = await db.rows<{ at: string }>(
    `SELECT greatest(current_timestamp, max("loadedAt") + INTERVAL 1 MICROSECOND)::VARCHAR AS at FROM ${changesTable(table)}`,
  )
  return row!.at
}

function insertSql(table: string, loadedAt: string, staged: readonly StagedObject[], where = ''): string {
  const longest = Math.max(DEFAULT_LINE_BYTES, ...staged.map(({ longestLine }) => longestLine + 1024))
  const files = staged.map(({ file }) => literal(file)).join(', ')
  return `INSERT INTO ${changesTable(table)}
    SELECT ${literal(table)}, op, "key"::JSON, "row"::JSON, row_key, sequence, "txId", "committedAt"::TIMESTAMPTZ,
      "capturedAt"::TIMESTAMPTZ, topic, "partition", "offset", ${literal(loadedAt)}::TIMESTAMPTZ
    FROM read_json([${files}], format = 'newline_delimited', columns = ${COLUMNS}, maximum_object_size = ${longest})
    ${where}`
}

/** Inserts what is not there yet; gives the rows inserted for each object. */
async function insert(
  db: Database,
  table: string,
  todo: readonly StagedObject[],
): Promise<Map<string, number>> {
  const ranged = todo.map((staged) => ({ ...staged.name, staged }))
  // Of an object that comes in parts, an earlier call may have inserted some already.
  const parted = ranged.filter(({ staged }) => staged.part).map((range) => ({ ...range }))
  const done = [...(await doneRanges(db, table, ranged)), ...parted]
  const { apart, overlapping } = splitByOverlap(ranged, done)
  const inserted = new Map<string, number>()
  const loadedAt = await loadTime(db, table)
  const whole = apart.map((each) => each.staged)
  for (const staged of packs(whole, statementBytes(whole))) {
    const expected = staged.reduce((sum, { rows }) => sum + rows, 0)
    const rows = await db.run(insertSql(table, loadedAt, staged))
    if (rows !== expected)
      throw new PipelineError('WAREHOUSE_UNAVAILABLE', { reason: 'row count', rows, expected })
    for (const each of staged) inserted.set(identity(each.object), each.rows)
  }
  for (const { staged, topic, partition, firstOffset, lastOffset } of overlapping) {
    const missing = `WHERE "offset" NOT IN (SELECT r."offset" FROM ${changesTable(table)} r
      WHERE r.topic = $1 AND r."partition" = $2 AND r."offset" BETWEEN $3 AND $4)`
    const values = [topic, partition, BigInt(firstOffset), BigInt(lastOffset)]
    inserted.set(identity(staged.object), await db.run(insertSql(table, loadedAt, [staged], missing), values))
  }
  return inserted
}

type Session = <T>(work: (db: Database) => Promise<T>) => Promise<T>

/** The warehouse in a DuckDB file. Only one process writes it at a time; each call opens and closes it. */
export function duckdbWarehouse(options: DuckdbOptions): Warehouse {
  const ddl = duckdbDdl(options.tables ?? catalog)
  return warehouseOn(options, (work) =>
    withDatabase(options, async (db) => {
      for (const statement of ddl) await db.run(statement)
      return work(db)
    }),
  )
}

function warehouseOn(options: DuckdbOptions, session: Session): Warehouse {
  return {
    async together(work) {
      // What the work itself throws comes out as it is; only the engine's errors are the session's.
      const settled = await session(async (db) => {
        const [result] = await Promise.allSettled([work(warehouseOn(options, (step) => step(db)))])
        return result
      })
      if (settled.status === 'rejected') throw settled.reason
      return settled.value
    },

    planned: (table) =>
      session(async (db) => {
        const rows = await db.rows<LedgerObject & { loadId: string }>(
          `SELECT "loadId", ${OBJECT} FROM raw.load_objects WHERE "tableName" = $1 AND state = 'planned'
           ORDER BY "plannedAt", "loadId", object`,
          [table],
        )
        const plans = Map.groupBy(rows, ({ loadId }) => loadId)
        return [...plans].map(([loadId, members]) => ({
          loadId,
          table,
          objects: members.map(({ loadId: _, ...object }) => lakeObject(object)),
        }))
      }),

    unknown: (table, page) => session((db) => unknownOf(db, table, page)),

    plan: (table, objects) =>
      session(async (db) => {
        const fresh = await unknownOf(db, table, objects)
        if (fresh.length === 0) return undefined
        const loadId = loadIdOf(table, fresh)
        const entries = fresh.map((object) => {
          const { topic, partition, firstOffset, lastOffset } = parseLakeName(object.name) ?? {}
          return { ...object, topic, partition, firstOffset, lastOffset }
        })
        await db.run(
          `INSERT INTO raw.load_objects (object, generation, "tableName", "loadId", state, topic, "partition",
             "firstOffset", "lastOffset", "size", "count", md5, "storedAt", "plannedAt")
           SELECT o.name, o.generation, $1, $2, 'planned', o.topic, o."partition", o."firstOffset", o."lastOffset",
             o.size, o."count", o.md5, o."storedAt"::TIMESTAMPTZ, current_timestamp
           FROM (SELECT unnest(from_json($3::JSON, '[{"name": "VARCHAR", "generation": "BIGINT", "size": "BIGINT",
             "count": "BIGINT", "md5": "VARCHAR", "storedAt": "VARCHAR", "topic": "VARCHAR", "partition": "INTEGER",
             "firstOffset": "BIGINT", "lastOffset": "BIGINT"}]')) AS o)`,
          [table, loadId, JSON.stringify(entries)],
        )
        return { loadId, table, objects: fresh }
      }),

    markBroken: ({ loadId }, { name, generation }, code) =>
      session(async (db) => {
        await db.run(
          `UPDATE raw.load_objects SET state = 'broken', "reasonCode" = $1, "doneAt" = current_timestamp
           WHERE "loadId" = $2 AND object = $3 AND generation = $4 AND state = 'planned'`,
          [code, loadId, name, BigInt(generation)],
        )
      }),

    release: ({ loadId }, { name, generation }) =>
      session(async (db) => {
        await db.run(
          `DELETE FROM raw.load_objects WHERE "loadId" = $1 AND object = $2 AND generation = $3 AND state = 'planned'`,
          [loadId, name, BigInt(generation)],
        )
      }),

    loaded: (table, range) => session((db) => loadedRuns(db, table, range)),

    retry: (table, objects) => session((db) => lift(db, table, objects)),

    markLoaded: (plan, object) => session((db) => markLoaded(db, plan, object)),

    apply: ({ loadId, table }, staged) =>
      session(async (db) => {
        await makeRoom(db, options.memoryLimit, staged)
        return db.transaction(async (): Promise<LoadOutcome> => {
          const open = await db.rows<{ name: string; generation: string }>(
            `SELECT object AS name, generation::VARCHAR AS generation FROM raw.load_objects
             WHERE "loadId" = $1 AND state = 'planned'`,
            [loadId],
          )
          const stillPlanned = new Set(open.map(identity))
          const todo = staged.filter(({ object }) => stillPlanned.has(identity(object)))
          const inserted = await insert(db, table, todo)
          await options.at?.('inserted')
          const marks = todo.map(({ object, part }) => ({
            ...object,
            rows: inserted.get(identity(object)) ?? 0,
            last: part?.last ?? true,
          }))
          await db.run(
            `UPDATE raw.load_objects l SET state = CASE WHEN m.last THEN 'done' ELSE 'planned' END,
               "rows" = coalesce(l."rows", 0) + m.rows, "doneAt" = CASE WHEN m.last THEN current_timestamp END
             FROM (SELECT unnest(from_json($2::JSON, '[{"name": "VARCHAR", "generation": "BIGINT", "rows": "BIGINT", "last": "BOOLEAN"}]'),
               recursive := true)) m
             WHERE l."loadId" = $1 AND l.object = m.name AND l.generation = m.generation`,
            [loadId, JSON.stringify(marks)],
          )
          await options.at?.('marked')
          const rows = marks.reduce((sum, mark) => sum + mark.rows, 0)
          const lines = todo.reduce((sum, each) => sum + each.rows, 0)
          return { objects: marks.filter(({ last }) => last).length, rows, duplicates: lines - rows }
        })
      }),
  }
}
