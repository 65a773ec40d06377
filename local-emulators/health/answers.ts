import type { ReconcileReport } from '@pipeline/functions/reconcile/report.ts'
import { publish } from '@pipeline/functions/warehouse/publish.ts'
import { statePaths } from '../paths.ts'
import type { StackFile } from '../stack-file.ts'
import { recordReconcile, recordRun } from './runs.ts'

/** What run-dbt answers, as far as it is shown. */
export interface DbtReport {
  ok: boolean
  args: string[]
  error: string
  failed: string[]
  skipped: number
  seconds: number
  results: { name: string; status: string; seconds: number; message: string }[]
}

/** Publishes what the warehouse has, for clients that keep a file open while loads go on. */
async function publishStack(stack: StackFile): Promise<void> {
  const warehouse = { path: stack.warehouseFile, memoryLimit: '512MB', threads: 2, lockWaitMs: 60_000 }
  await publish({ warehouse, path: stack.publishedFile })
}

/** Writes down how a run of dbt ended, and publishes the warehouse where it went well. */
export async function afterDbt(stack: StackFile, { ok, args, failed, error }: DbtReport): Promise<void> {
  if (args[0] === 'build' || !ok) {
    await recordRun(statePaths(stack.stateDir).runsFile, 'dbt', {
      at: new Date().toISOString(),
      result: ok ? 'ok' : 'failed',
      failed: failed.length > 0 || ok ? failed : [error],
    })
  }
  if (ok) await publishStack(stack)
}

/** Takes up what the scheduler hears of reconcile and of run-dbt; other functions' answers are not looked at. */
export function answerRecorder(stack: StackFile) {
  const file = statePaths(stack.stateDir).runsFile
  return async (name: string, status: number, body: string): Promise<void> => {
    if (name === 'reconcile' && status === 200)
      return recordReconcile(file, JSON.parse(body) as ReconcileReport)
    const report = name === 'run-dbt' ? readReport(body) : undefined
    if (report) return afterDbt(stack, report)
    if (name !== 'reconcile' && name !== 'run-dbt') return
    await recordRun(file, name === 'reconcile' ? 'reconcile' : 'dbt', {
      at: new Date().toISOString(),
      result: 'failed',
      failed: [`answer ${status}`],
    })
  }
}

/** Undefined where the body is no report: an error that came before dbt. */
function readReport(body: string): DbtReport | undefined {
  try {
    const report = JSON.parse(body) as DbtReport
    return Array.isArray(report.results) ? report : undefined
  } catch {
    return undefined
  }
}
