import { PipelineError } from '@pipeline/hospital/errors.ts'
import { literal, quoted } from '../quoting.ts'
import { type Database, withMemory } from '../warehouse/duckdb-file.ts'
import type { Chunk } from './chunks.ts'
import { type ExportColumn, heldColumn, heldTexts, refusedRow } from './columns.ts'

export interface EncoderOptions {
  /** As DuckDB writes it: `128MB`. */
  memoryLimit: string
  threads: number
  tempRoot: string
}

export interface Encoded {
  /** Rows in the Parquet file. */
  rows: number
  /** Rows in the file of refused rows, which is there only if there are any. */
  refused: number
}

export interface Encoder {
  /** Writes a chunk as Parquet to `file`, and the rows with a value that its type can't hold as NDJSON to `refusedFile`. */
  encode(chunk: Chunk, columns: readonly ExportColumn[], file: string, refusedFile: string): Promise<Encoded>
}

/**
 * DuckDB holds a row group in memory until it is full: a quarter of its usual size is 25 MB less at the highest. The first
 * level of zstd is a tenth faster here than the usual third, and writes no more.
 */
const PARQUET = '(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 30720)'
const BUFFER = 4 * 1024 * 1024

/** What COPY writes for a backslash and for what it stands before. No text of PostgreSQL's has a NUL. */
const ESCAPES = [
  [literal('\\\\'), 'chr(0)'],
  ...[8, 9, 10, 11, 12, 13].map((code, i) => [literal(`\\${'btnvfr'[i]}`), `chr(${code})`]),
  ['chr(0)', literal('\\')],
] as const

/** SQL for the text that COPY wrote as a column's value. */
function unescaped({ name, type }: ExportColumn): string {
  const text = quoted(name)
  if (type !== 'VARCHAR') return text
  const whole = ESCAPES.reduce((sql, [written, meant]) => `replace(${sql}, ${written}, ${meant})`, text)
  return `CASE WHEN contains(${text}, ${literal('\\')}) THEN ${whole} ELSE ${text} END AS ${text}`
}

/** SQL for the rows of a chunk, in the text format of COPY. */
function reading(chunk: Chunk, columns: readonly ExportColumn[], asTexts: boolean): string {
  const types = columns.map(({ name, type }) => `${literal(name)}: '${asTexts ? 'VARCHAR' : type}'`)
  const flag = heldColumn(columns)
  if (flag) types.push(`${literal(flag)}: 'BOOLEAN'`)
  const line = chunk.longestRow + 1024
  const texts = [...columns.map(unescaped), ...(flag ? [quoted(flag)] : [])]
  return `(SELECT ${texts.join(', ')} FROM read_csv(${literal(chunk.file)}, auto_detect = false, header = false,
    delim = E'\\t', quote = '', escape = '', nullstr = '\\N', new_line = '\\n', strict_mode = true,
    max_line_size = ${line}, buffer_size = ${Math.max(BUFFER, 2 * line)}, columns = {${types.join(', ')}}))`
}

/** SQL that is true of a row whose times PostgreSQL says can be held. */
function flagged(columns: readonly ExportColumn[]): string {
  const flag = heldColumn(columns)
  return flag ? `${quoted(flag)} IS NOT FALSE` : 'true'
}

/** Every value as its column's type; undefined when a row has one that can't be held. */
async function encodeWhole(
  db: Database,
  chunk: Chunk,
  columns: readonly ExportColumn[],
  file: string,
): Promise<number | undefined> {
  try {
    const names = columns.map(({ name }) => quoted(name)).join(', ')
    const rows = await db.run(
      `COPY (SELECT ${names} FROM ${reading(chunk, columns, false)} WHERE ${flagged(columns)}) TO ${literal(file)} ${PARQUET}`,
    )
    return rows === chunk.rows ? rows : undefined
  } catch (error) {
    if (error instanceof PipelineError && error.code === 'LAKE_OBJECT_BROKEN') return undefined
    throw error
  }
}

async function encode(
  db: Database,
  chunk: Chunk,
  columns: readonly ExportColumn[],
  file: string,
  refusedFile: string,
): Promise<Encoded> {
  const whole = await encodeWhole(db, chunk, columns, file)
  if (whole !== undefined) return { rows: whole, refused: 0 }
  const texts = reading(chunk, columns, true)
  const typed = columns.map(({ name, type }) => `CAST(${quoted(name)} AS ${type}) AS ${quoted(name)}`)
  const held = heldTexts(columns)
  const rows = await db.run(
    `COPY (SELECT ${typed.join(', ')} FROM ${texts} WHERE ${held}) TO ${literal(file)} ${PARQUET}`,
  )
  const refused = await db.run(
    `COPY (SELECT ${refusedRow(columns)} FROM ${texts} WHERE NOT (${held})) TO ${literal(refusedFile)} (FORMAT json)`,
  )
  if (rows + refused !== chunk.rows) {
    throw new PipelineError('EXPORT_NOT_WHOLE', { rows: chunk.rows, written: rows + refused })
  }
  return { rows, refused }
}

/** Works with an encoder of bounded memory. Throws EXPORT_NOT_WHOLE when rows would be missing. */
export function withEncoder<T>(options: EncoderOptions, work: (encoder: Encoder) => Promise<T>): Promise<T> {
  return withMemory(options, (db) =>
    work({ encode: (chunk, columns, file, refusedFile) => encode(db, chunk, columns, file, refusedFile) }),
  )
}
