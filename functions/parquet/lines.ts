import type { Offsets } from '@pipeline/hospital/lake-names.ts'
import { type Engine, literal } from './engine.ts'

/** One change in the form that the warehouse takes: see StagedObject. Without its line end. */
export interface StagedLine {
  offset: number
  line: string
}

/** SQL that is true of offsets in some runs. */
function inRuns(runs: readonly Offsets[]): string {
  if (runs.length === 0) return 'false'
  const values = runs.map(({ first, last }) => `(${first}, ${last})`).join(', ')
  return `EXISTS (SELECT 1 FROM (VALUES ${values}) r(f, l) WHERE p."offset" BETWEEN r.f AND r.l)`
}

function stagedLine(row: readonly unknown[]): StagedLine {
  const [op, key, text, rowKey, sequence, txId, committedAt, capturedAt, topic, partition, offset] = row
  const number = Number(offset)
  const line = JSON.stringify({
    op,
    key,
    row: text,
    row_key: rowKey,
    sequence,
    txId: txId === null ? null : Number(txId),
    committedAt,
    capturedAt,
    topic,
    partition: Number(partition),
    offset: number,
  })
  return { offset: number, line }
}

/** The changes of a Parquet file in their order, all of them or those of some offsets; a vector at a time. */
export async function* parquetLines(
  engine: Engine,
  path: string,
  runs?: readonly Offsets[],
): AsyncGenerator<StagedLine[]> {
  const where = runs === undefined ? '' : `WHERE ${inRuns(runs)}`
  const sql = `SELECT op, "key", "row", row_key, sequence, "txId", "committedAt", "capturedAt", topic, "partition", "offset"
    FROM read_parquet(${literal(path)}) p ${where}`
  for await (const rows of engine.vectors(sql)) yield rows.map(stagedLine)
}
