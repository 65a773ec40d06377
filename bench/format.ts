import { plainTable } from '@pipeline/local-emulators/table.ts'
import type { BenchResult } from './main.ts'

const whole = (value: number): string => Math.round(value).toLocaleString('en')
const two = (value: number): string => value.toFixed(2)
const times = (value: number): string => `${whole(value)} times`
const FACTOR = '50 times or more'

/** What is printed of the result, and what is wanted of it. */
const LINES: [keyof BenchResult, (value: number) => string, string][] = [
  ['debeziumRowsPerSecond', whole, ''],
  ['spineRowsPerSecond', whole, ''],
  ['spineRatio', two, '0.80 or more'],
  ['relayChangesPerSecond', whole, '20,000 or more'],
  ['emulatorMessagesPerSecond', whole, '10,000 or more'],
  ['changesPerObject', whole, '1,000 or more'],
  ['commitToLakeP50Seconds', two, ''],
  ['commitToLakeP95Seconds', two, 'below 1'],
  ['timeGrowth', two, 'about 1: straight'],
  ['memoryGrowth', two, 'about 1: flat'],
  ['oltpSinkRowsPerSecond', whole, ''],
  ['oltpLoopRowsPerSecond', whole, ''],
  ['oltpSinkFactor', times, FACTOR],
  ['oltpKeptLoopRowsPerSecond', whole, ''],
  ['clickhouseSinkRowsPerSecond', whole, ''],
  ['clickhouseLoopRowsPerSecond', whole, ''],
  ['clickhouseSinkFactor', times, FACTOR],
  ['duckdbLoadRowsPerSecond', whole, ''],
  ['duckdbLoopRowsPerSecond', whole, ''],
  ['duckdbLoadFactor', times, FACTOR],
  ['exportRowsPerSecond', whole, ''],
  ['copyRowsPerSecond', whole, ''],
  ['exportRatio', two, '0.50 or more'],
  ['dbtBuildSeconds', two, ''],
  ['dbtModelsSeconds', two, ''],
  ['dbtIncrementalSeconds', two, ''],
  ['dbtIncrementalModelsSeconds', two, ''],
  ['dbtIncrementalShare', two, ''],
  ['dbtIncrementalRows', whole, ''],
  ['dbtIncrementalBytes', whole, ''],
]

/** The result as tables for people. */
export function format(result: BenchResult): string {
  const table = plainTable(['measured', 'value', 'wanted'])
  for (const [name, show, wanted] of LINES) table.push([name, show(result[name] as number), wanted])
  const { smallRun, largeRun } = result
  const memory = plainTable([
    'peak memory, MB',
    `${whole(smallRun.rows)} rows`,
    `${whole(largeRun.rows)} rows`,
  ])
  for (const name of Object.keys(largeRun.peakMemoryMB)) {
    memory.push([name, smallRun.peakMemoryMB[name] ?? '-', largeRun.peakMemoryMB[name] ?? '-'])
  }
  const runs = [smallRun, largeRun].map(
    (run) =>
      `${whole(run.rows)} rows the whole way in ${run.seconds.toFixed(1)} s: ${whole(run.rowsPerSecond)} a second`,
  )
  return [table.toString(), ...runs, memory.toString()].join('\n')
}
