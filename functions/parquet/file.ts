import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { findTable } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { coveredBy, type LakeName, type Offsets } from '@pipeline/hospital/lake-names.ts'
import { BatchFault } from '../batch/check.ts'
import type { Lake, LakeObject } from '../lake/port.ts'
import { literal } from '../quoting.ts'
import { type Engine, EngineFault } from './engine.ts'

/** Columns of a compacted object: a change's fields, `key` and `row` as text of JSON, and `row_key`. */
export const COLUMNS = [
  'table',
  'op',
  'key',
  'row',
  'row_key',
  'sequence',
  'txId',
  'committedAt',
  'capturedAt',
  'topic',
  'partition',
  'offset',
] as const

/** A compacted object as a local file whose contents were checked. */
export interface ParquetFile {
  path: string
  name: LakeName
  rows: number
  /** The offsets that it has, as runs. */
  runs: Offsets[]
}

/** Brings one generation into a file, checked against the lake's checksum; false if that generation is gone. */
export async function download(lake: Pick<Lake, 'open'>, object: LakeObject, path: string): Promise<boolean> {
  const source = await lake.open(object)
  if (source === undefined) return false
  try {
    await pipeline(source, createWriteStream(path, { mode: 0o600 }))
    return true
  } catch {
    throw new PipelineError('LAKE_UNAVAILABLE', { action: 'read', object: object.name })
  }
}

function wrongSql({ table, topic, partition, day }: LakeName, covered: readonly Offsets[]): string {
  const key = (findTable(table)?.key ?? []).map((name) => literal(`$."${name.replaceAll('"', '""')}"`))
  const keyed = key.map((path) => `json_extract_string("key"::JSON, ${path}) IS NULL`).join(' OR ') || 'false'
  const inside = covered.map(({ first, last }) => `"offset" BETWEEN ${first} AND ${last}`).join(' OR ')
  const checks: Record<string, string> = {
    'another table': `"table" <> ${literal(table)}`,
    'another topic': `topic <> ${literal(topic)}`,
    'another partition': `"partition" <> ${partition}`,
    'op is none of ours': `op NOT IN ('r', 'c', 'u', 'd', 't')`,
    'key does not suit the op': `CASE WHEN "key" IS NULL THEN op <> 't' ELSE op = 't' OR row_key IS NULL OR coalesce(json_type("key"), '') <> 'OBJECT' OR ${keyed} END`,
    'row does not suit the op': `CASE WHEN "row" IS NULL THEN op NOT IN ('d', 't') ELSE op IN ('d', 't') OR coalesce(json_type("row"), '') <> 'OBJECT' END`,
    sequence: `NOT regexp_full_match(sequence, '[0-9a-f]{16}/[0-9a-f]{16}/[0-9a-f]{4}')`,
    'another day': `replace(substr("committedAt", 1, 10), '-', '') <> ${literal(day)}`,
    committedAt: `try_cast("committedAt" AS TIMESTAMPTZ) IS NULL`,
    capturedAt: `try_cast("capturedAt" AS TIMESTAMPTZ) IS NULL`,
    txId: `coalesce("txId", 0) NOT BETWEEN 0 AND 4294967295`,
    'an offset that the name does not cover': `NOT (${inside})`,
  }
  const each = Object.entries(checks).map(
    ([what, sql]) =>
      `count(*) FILTER (WHERE coalesce(${sql}, true))::INTEGER AS ${literal(what).replaceAll("'", '"')}`,
  )
  return each.join(', ')
}

/**
 * Checks a compacted object's file against its name and metadata as a batch is checked: every change, their number,
 * their offsets in order and each once. Throws BatchFault, which names a field and never a value.
 */
export async function checkParquet(
  engine: Engine,
  object: LakeObject,
  name: LakeName,
  path: string,
): Promise<ParquetFile> {
  try {
    const file = `read_parquet(${literal(path)})`
    const there = await engine.rows<{ name: string }>(
      `SELECT column_name AS name FROM (DESCRIBE SELECT * FROM ${file})`,
    )
    const names = new Set(there.map((column) => column.name))
    if (COLUMNS.some((column) => !names.has(column))) throw new BatchFault('a column is missing')
    const [counts] = await engine.rows<Record<string, number>>(
      `SELECT count(*)::INTEGER AS n, ${wrongSql(name, coveredBy(name))} FROM ${file}`,
    )
    const { n = 0, ...wrong } = counts ?? {}
    const fault = Object.entries(wrong).find(([, count]) => count > 0)
    if (fault) throw new BatchFault(fault[0])
    if (n === 0) throw new BatchFault('no lines')
    if (object.count !== undefined && object.count !== n)
      throw new BatchFault('another number of rows than the count')
    const runs = await engine.rows<Offsets>(
      `SELECT min("offset")::DOUBLE AS first, max("offset")::DOUBLE AS last FROM (
         SELECT "offset", "offset" - file_row_number AS run, file_row_number
         FROM read_parquet(${literal(path)}, file_row_number = true)) GROUP BY run ORDER BY min(file_row_number)`,
    )
    const ascend = runs.every((run, index) => index === 0 || run.first > runs[index - 1]!.last)
    const rows = runs.reduce((sum, { first, last }) => sum + last - first + 1, 0)
    if (!ascend || rows !== n) throw new BatchFault('offsets do not ascend')
    return { path, name, rows: n, runs }
  } catch (error) {
    if (error instanceof EngineFault) throw new BatchFault(`not readable as Parquet: ${error.kind}`)
    throw error
  }
}
