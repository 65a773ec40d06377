import { readFile, rename, writeFile } from 'node:fs/promises'
import type { RunState } from '@pipeline/dashboard/health/observation.ts'
import type { ReconcileReport } from '@pipeline/functions/reconcile/report.ts'

export type RunKind = 'dbt' | 'reconcile'
type Runs = Partial<Record<RunKind, RunState>>

/** The last run of each kind, as it was written down; none where there is no file. */
export async function readRuns(file: string): Promise<Runs> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Runs
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return {}
    throw error
  }
}

/** Writes down how a run ended, for the trust panel and `npm run status`. */
export async function recordRun(file: string, kind: RunKind, run: RunState): Promise<void> {
  const runs = { ...(await readRuns(file)), [kind]: run }
  const partial = `${file}.${process.pid}`
  await writeFile(partial, JSON.stringify(runs), { mode: 0o600 })
  await rename(partial, file)
}

/** What is written down of a reconcile. */
export async function recordReconcile(
  file: string,
  { status, tables }: Pick<ReconcileReport, 'status' | 'tables'>,
): Promise<void> {
  const failed = tables.flatMap(({ table, stores }) =>
    stores.filter((each) => each.status === 'different').map(({ store }) => `${table} in ${store}`),
  )
  await recordRun(file, 'reconcile', { at: new Date().toISOString(), result: status, failed })
}
