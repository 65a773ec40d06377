import { statePaths } from '../paths.ts'
import { runningStack, type StackFile } from '../stack-file.ts'
import { plainTable } from '../table.ts'
import { callFunction } from './call-function.ts'
import { runStackDbt } from './dbt.ts'
import { waitForLake } from './wait-for-lake.ts'

interface TableLoad {
  objects: number
  rows: number
  duplicates: number
  broken: number
  seconds: number
  more: boolean
}

export interface LoadReport {
  tables: Record<string, TableLoad>
  totals: { objects: number; rows: number; duplicates: number; broken: number; seconds: number }
  more: boolean
}

/** Calls both loaders until nothing is left. Returns what they loaded, by table. */
export async function load(stack: StackFile): Promise<Record<string, TableLoad>> {
  const loaded: Record<string, TableLoad> = {}
  for (const name of ['load-dimensions', 'load-facts']) {
    for (let more = true; more; ) {
      const report = await callFunction<LoadReport>(stack, name)
      for (const [table, load] of Object.entries(report.tables)) {
        const sum = loaded[table]
        if (!sum) loaded[table] = load
        else
          for (const field of ['objects', 'rows', 'duplicates', 'broken', 'seconds'] as const)
            sum[field] += load[field]
      }
      more = report.more
    }
  }
  return loaded
}

/** `npm run load`: waits for the lake, loads what is new, and refreshes the staged rows. */
export async function loadCommand(options: { staging: boolean; wait: number }): Promise<void> {
  const stack = await runningStack(statePaths())
  const open = await waitForLake(stack, options.wait)
  if (open > 0) {
    console.log(`${open} changes had not reached the lake after ${options.wait} s; the next load takes them.`)
  }
  const loaded = await load(stack)
  const table = plainTable(['table', 'objects', 'rows', 'repeated', 'broken', 'seconds'])
  for (const [name, { objects, rows, duplicates, broken, seconds }] of Object.entries(loaded)) {
    table.push([name, objects, rows, duplicates, broken, seconds.toFixed(2)])
  }
  console.log(table.toString())
  const broken = Object.values(loaded).reduce((sum, each) => sum + each.broken, 0)
  if (broken > 0) {
    console.error(
      `${broken} objects of the lake are broken and were left out: see dead-letters/ in the bucket.`,
    )
    process.exitCode = 1
  }
  if (options.staging) await runStackDbt(stack, ['run', '--select', 'staging'])
}
