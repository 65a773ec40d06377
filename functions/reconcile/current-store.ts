import type { Database } from '../warehouse/duckdb-file.ts'
import type { SourceColumn } from './columns.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { PartitionEnd } from './positions.ts'
import type { Range } from './ranges.ts'
import type { Store } from './report.ts'
import { gapsIn } from './table-input.ts'

/** Offsets by `topic/partition`, joined and in order. */
export type Offsets = Map<string, Range[]>

/** A store that keeps the rows as they are now, and a ledger of the offsets that it has taken. */
export interface CurrentStore {
  store: Store
  /** Offsets of a table's topic of which everything is stored; undefined before the store was made. */
  taken(table: string): Promise<Offsets | undefined>
  /** Copies key, sequence and hash of a table's rows into a new work table (row_key, sequence, hash, versions). */
  read(db: Database, table: string, columns: readonly SourceColumn[], into: string): Promise<void>
}

/** One table of such a store as it was read. */
export interface CurrentRows {
  store: Store
  /** The work table; undefined before the store was made. */
  rows: string | undefined
  /** Read before the rows, so that the rows hold at least this. */
  taken: Offsets
  /** Offsets that were missing although later ones were there. */
  lost: Range[]
}

const POLL_MS = 300

export async function createRows(db: Database, into: string): Promise<void> {
  await db.run(
    `CREATE OR REPLACE TABLE ${into} (row_key VARCHAR, sequence VARCHAR, hash BIGINT, versions INTEGER)`,
  )
}

/** Waits until a store has taken what Kafka has, or the time is over, and reads its rows. */
export async function readCurrent(
  db: Database,
  current: CurrentStore,
  table: string,
  columns: readonly SourceColumn[],
  ends: readonly PartitionEnd[],
  deadLetters: () => Promise<DeadLetters>,
  deadline: number,
): Promise<CurrentRows> {
  for (;;) {
    const taken = await current.taken(table)
    const given = await deadLetters()
    const gaps = gapsIn({ ends, deadLetters: given }, taken ?? new Map())
    if (gaps.open.length > 0 && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      continue
    }
    if (taken === undefined) return { store: current.store, rows: undefined, taken: new Map(), lost: [] }
    const rows = `${current.store}_rows`
    await current.read(db, table, columns, rows)
    return { store: current.store, rows, taken, lost: gaps.lost }
  }
}
