import type { ReconcileReport } from '@pipeline/functions/reconcile/report.ts'
import { recordReconcile } from '../health/runs.ts'
import { statePaths } from '../paths.ts'
import { runningStack } from '../stack-file.ts'
import { plainTable } from '../table.ts'
import { callFunction } from './call-function.ts'

/** The report as a table for people, with what to look at below it. */
export function formatReport(report: ReconcileReport): string {
  const table = plainTable([
    'table',
    'in PostgreSQL',
    'store',
    'rows',
    'state',
    'behind by',
    'differing keys',
  ])
  const notes = [...report.notes]
  for (const { table: name, rows, stores, notCompared } of report.tables) {
    for (const each of stores) {
      const behind = each.behindBy === null ? 'unknown' : each.behindBy
      table.push([name, rows, each.store, each.rows, each.status, behind, each.differingKeys])
      for (const note of each.notes) notes.push(`${name}, ${each.store}: ${note}`)
      if (each.keys.length > 0) notes.push(`${name}, ${each.store}: keys ${each.keys.join(', ')}`)
    }
    if (notCompared.length > 0) notes.push(`${name}: not compared: ${notCompared.join(', ')}`)
  }
  return [
    `PostgreSQL at LSN ${report.lsn}, ${report.at}; ${report.seconds} s`,
    table.toString(),
    ...notes,
    `Result: ${report.status}`,
  ].join('\n')
}

/** `npm run reconcile`: exit code 1 when a store is different. */
export async function reconcileCommand(options: { json?: boolean; wait: number }): Promise<void> {
  const stack = await runningStack(statePaths())
  const report = await callFunction<ReconcileReport>(stack, 'reconcile', { waitSeconds: options.wait })
  await recordReconcile(statePaths().runsFile, report)
  console.log(options.json ? JSON.stringify(report) : formatReport(report))
  if (report.status === 'different') process.exitCode = 1
}
