import type { ExportRecord } from '../batch-export/record.ts'
import type { Lake, LakeObject } from '../lake/port.ts'
import type { Database } from '../warehouse/duckdb-file.ts'
import type { BigqueryInput } from './bigquery.ts'
import type { SourceColumn } from './columns.ts'
import type { CurrentRows } from './current-store.ts'
import type { DeadLetters } from './dead-letters.ts'
import { coverage } from './lake-changes.ts'
import type { PartitionEnd } from './positions.ts'
import type { SourceSnapshot } from './postgres.ts'
import { holes, missing, type Range } from './ranges.ts'

/** All that the comparison of one table needs. */
export interface TableInput {
  db: Database
  source: SourceSnapshot
  lake: Lake
  table: string
  columns: readonly SourceColumn[]
  notCompared: string[]
  objects: readonly LakeObject[]
  ends: readonly PartitionEnd[]
  deadLetters: DeadLetters
  /** Whether Kafka has every change that PostgreSQL showed. */
  captured: boolean
  /** SQL that is true of a change which PostgreSQL's snapshot saw. */
  visible: string
  /** Whether the warehouse is attached. */
  warehouse: boolean
  /** The published DuckDB file; undefined where none is to be published. */
  published?: 'attached' | 'absent' | undefined
  /** The newest whole export; undefined before the first. */
  exported?: ExportRecord | undefined
  /** Set where BigQuery is the warehouse; the stores of the DuckDB file are left out then. */
  bigquery?: BigqueryInput | undefined
  tempRoot: string
  /** What DuckDB may use beside what its longest rows need: `512MB`. */
  memoryLimit: string
  /** Stores of current rows as they were read before the lake was listed. */
  current: readonly CurrentRows[]
}

interface Gaps {
  /** Offsets that have not come. */
  open: Range[]
  /** Those of them that have later ones behind them. */
  lost: Range[]
}

/** What objects with these names lack of the topic, beside what the relay gave up. */
export function gapsOf(input: Pick<TableInput, 'ends' | 'deadLetters'>, names: readonly string[]): Gaps {
  return gapsIn(input, coverage(names))
}

/** What a store lacks of the topic that has these offsets, by `topic/partition`. */
export function gapsIn(
  input: Pick<TableInput, 'ends' | 'deadLetters'>,
  covered: ReadonlyMap<string, Range[]>,
): Gaps {
  const gaps: Gaps = { open: [], lost: [] }
  for (const { topic, partition, low, end } of input.ends) {
    const id = `${topic}/${partition}`
    const ranges = covered.get(id) ?? []
    const open = missing([...ranges, ...(input.deadLetters.offsets.get(id) ?? [])], low, end)
    gaps.open.push(...open)
    gaps.lost.push(...holes(open, ranges))
  }
  return gaps
}
