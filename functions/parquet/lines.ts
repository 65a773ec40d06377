import type { Offsets } from '@pipeline/hospital/lake-names.ts'
import { literal } from '../quoting.ts'
import type { Engine } from './engine.ts'

/** One change in the form that the warehouse takes: see StagedObject. Without its line end. */
export interface StagedLine {
  offset: number
  line: string
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

/** Drops lines that lie in none of some runs, which are in order as the lines are. */
function keeper(runs: readonly Offsets[]): (line: StagedLine) => boolean {
  let at = 0
  return ({ offset }) => {
    while (at < runs.length && runs[at]!.last < offset) at++
    return at < runs.length && runs[at]!.first <= offset
  }
}

/**
 * The changes of a Parquet file in their order, all of them or those of some runs of offsets; a vector at a time. The
 * statement is a scan with a simple condition, which keeps the order of the file; a join would not.
 */
export async function* parquetLines(
  engine: Engine,
  path: string,
  runs?: readonly Offsets[],
): AsyncGenerator<StagedLine[]> {
  if (runs?.length === 0) return
  const where = runs && `WHERE "offset" BETWEEN ${runs[0]!.first} AND ${runs.at(-1)!.last}`
  const sql = `SELECT op, "key", "row", row_key, sequence, "txId", "committedAt", "capturedAt", topic, "partition", "offset"
    FROM read_parquet(${literal(path)}) ${where ?? ''}`
  const keep = runs && keeper(runs)
  for await (const rows of engine.vectors(sql)) {
    const lines = rows.map(stagedLine)
    yield keep ? lines.filter(keep) : lines
  }
}
