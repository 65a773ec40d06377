import type { ExportReport } from '@pipeline/functions/batch-export/export.ts'
import { statePaths } from '../paths.ts'
import { runningStack } from '../stack-file.ts'
import { plainTable } from '../table.ts'
import { callFunction } from './call-function.ts'

/** `npm run export`: all tables as they are now to Parquet in the lake, once a day; `--again` replaces the day's. */
export async function exportCommand(options: { again?: boolean }): Promise<void> {
  const stack = await runningStack(statePaths())
  const report = await callFunction<ExportReport>(stack, 'batch-export', { again: options.again === true })
  const table = plainTable(['table', 'rows', 'refused', 'parts', 'kept', 'seconds'])
  for (const [name, { rows, refusedRows, parts, kept, seconds }] of Object.entries(report.tables)) {
    table.push([name, rows, refusedRows, parts, kept ?? '-', seconds?.toFixed(2) ?? '-'])
  }
  console.log(table.toString())
  const { day, lsn, snapshotAt, made } = report
  console.log(
    `${made ? 'Exported' : 'The day has its export already (-- --again replaces it):'} PostgreSQL at LSN ${lsn}, ${snapshotAt}, to exports/<table>/date=${day}/`,
  )
}
