import { stat } from 'node:fs/promises'
import { literal } from '../quoting.ts'
import type { Engine } from './engine.ts'

const STAGED = `{op: 'VARCHAR', "key": 'VARCHAR', "row": 'VARCHAR', row_key: 'VARCHAR', sequence: 'VARCHAR',
  "txId": 'BIGINT', "committedAt": 'VARCHAR', "capturedAt": 'VARCHAR', topic: 'VARCHAR', "partition": 'INTEGER',
  "offset": 'BIGINT'}`
const LINE_BYTES = 16 * 1024 * 1024
const ROW_GROUP = 122_880
/** Rows up to this long keep a row group of the usual number of rows within memory. */
const USUAL_LINE = 2048

/** Writes staged NDJSON as a piece of a Parquet object; gives its bytes. Texts stay as they are, to the letter. */
export async function writePiece(
  engine: Engine,
  table: string,
  ndjson: string,
  path: string,
  longestLine: number,
): Promise<number> {
  await engine.makeRoom(longestLine)
  const longest = Math.max(LINE_BYTES, longestLine + 1024)
  await engine.run(`COPY (SELECT ${literal(table)} AS "table", *
    FROM read_json(${literal(ndjson)}, format = 'newline_delimited', columns = ${STAGED}, maximum_object_size = ${longest}))
    TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${ROW_GROUP})`)
  return (await stat(path)).size
}

/**
 * Joins pieces to one Parquet file; gives its bytes. A row group ends no later than a vector does that holds long
 * lines, and a vector no later than its piece: so a reader needs memory for one piece at the most.
 */
export async function joinPieces(
  engine: Engine,
  pieces: readonly string[],
  path: string,
  longestLine: number,
  about: Record<string, string>,
): Promise<number> {
  await engine.makeRoom(longestLine)
  const notes = Object.entries(about).map(([name, value]) => `${name}: ${literal(value)}`)
  await engine.run(`COPY (SELECT * FROM read_parquet([${pieces.map(literal).join(', ')}]))
    TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${longestLine <= USUAL_LINE ? ROW_GROUP : 1},
      KV_METADATA {${notes.join(', ')}})`)
  return (await stat(path)).size
}
