import { join } from 'node:path'
import { publish } from '@pipeline/functions/warehouse/publish.ts'
import { runDbt } from '../dbt/run.ts'
import { recordRun } from '../health/runs.ts'
import { statePaths, tools } from '../paths.ts'
import { runningStack, type StackFile } from '../stack-file.ts'

/** Publishes what the warehouse has, for clients that keep a file open while loads go on. */
async function publishStack(stack: StackFile): Promise<void> {
  const warehouse = { path: stack.warehouseFile, memoryLimit: '512MB', threads: 2, lockWaitMs: 60_000 }
  await publish({ warehouse, path: stack.publishedFile })
}

/**
 * Runs dbt on the stack's warehouse, shows its lines and publishes the result if all went well. Sets the exit code when something failed.
 */
export async function runStackDbt(stack: StackFile, args: string[], onLine = console.log): Promise<void> {
  const { ok, results } = await runDbt({
    args,
    duckdbPath: stack.warehouseFile,
    dbtExecutable: tools.dbt,
    logDir: join(stack.stateDir, 'dbt'),
    onLine,
  })
  const failed = results.filter(({ status }) => !['success', 'pass', 'skipped'].includes(status))
  const whole = args[0] === 'build'
  const file = statePaths(stack.stateDir).runsFile
  if (whole || !ok)
    await recordRun(file, 'dbt', {
      at: new Date().toISOString(),
      result: ok ? 'ok' : 'failed',
      failed: failed.map(({ name }) => name),
    })
  if (!ok) {
    for (const { name, status } of failed) console.error(`${status}: ${name}`)
    process.exitCode = 1
    return
  }
  await publishStack(stack)
}

/** `npm run dbt`: `dbt build`, or whatever follows `--`. */
export async function dbtCommand(args: string[]): Promise<void> {
  const stack = await runningStack(statePaths())
  await runStackDbt(stack, args.length > 0 ? args : ['build'])
}
