import type { Stack } from '@pipeline/local-emulators/supervisor/stack.ts'
import { measureClickHouse } from './clickhouse.ts'
import { measureExport } from './copy.ts'
import { measureDuckdb } from './duckdb.ts'
import { measureOltp } from './oltp.ts'

/** Stores beside a plain loop that does what the reference does: one connection and one row at a time. */
export interface StoreResult {
  oltpSinkRowsPerSecond: number
  oltpLoopRowsPerSecond: number
  oltpSinkFactor: number
  /** A loop that keeps its one connection: one row a statement and a commit. */
  oltpKeptLoopRowsPerSecond: number
  clickhouseSinkRowsPerSecond: number
  clickhouseLoopRowsPerSecond: number
  clickhouseSinkFactor: number
  duckdbLoadRowsPerSecond: number
  duckdbLoopRowsPerSecond: number
  duckdbLoadFactor: number
  /** batch-export of all tables to Parquet in the lake, beside PostgreSQL's own COPY … TO STDOUT of them. */
  exportRowsPerSecond: number
  copyRowsPerSecond: number
  exportRatio: number
}

/** What would take part of the machine from a store that is measured. */
const OTHERS = ['guard', 'connect', 'relay', 'lake-sink', 'clickhouse-sink', 'oltp-sink'] as const

/** Measures each store alone: everything that would write to it, or react to what is written, is stopped. */
export async function measureStores(stack: Stack, say: (text: string) => void): Promise<StoreResult> {
  for (const part of OTHERS) await stack.pause(part)
  const { info } = stack
  say('batch-export beside COPY')
  const exported = await measureExport(info)
  say('oltp-sink beside a loop')
  const oltp = await measureOltp(info)
  say('clickhouse-sink beside a loop')
  const clickhouse = await measureClickHouse(info)
  say('DuckDB load beside a loop')
  const duckdb = await measureDuckdb(info)
  return {
    oltpSinkRowsPerSecond: oltp.rowsPerSecond,
    oltpLoopRowsPerSecond: oltp.loopRowsPerSecond,
    oltpSinkFactor: oltp.factor,
    oltpKeptLoopRowsPerSecond: oltp.keptRowsPerSecond,
    clickhouseSinkRowsPerSecond: clickhouse.rowsPerSecond,
    clickhouseLoopRowsPerSecond: clickhouse.loopRowsPerSecond,
    clickhouseSinkFactor: clickhouse.factor,
    duckdbLoadRowsPerSecond: duckdb.rowsPerSecond,
    duckdbLoopRowsPerSecond: duckdb.loopRowsPerSecond,
    duckdbLoadFactor: duckdb.factor,
    ...exported,
  }
}
