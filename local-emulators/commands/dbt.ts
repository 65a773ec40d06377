import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { afterDbt, type DbtReport } from '../health/answers.ts'
import { statePaths } from '../paths.ts'
import { runningStack, type StackFile } from '../stack-file.ts'

/** A line of run-dbt: a node that has ended, what an incremental model wrote, or the report at the end. */
interface Line {
  node?: string
  status?: string | number
  seconds?: number
  touched?: string
  rows?: number
  bytes?: number
  waiting?: string
  report?: DbtReport & { message?: string }
}

/** A line as people read it; undefined for what there is nothing to say of. */
function show({ node, status, seconds, touched, rows, bytes, waiting }: Line): string | undefined {
  if (node) return `${status} ${node} ${Number(seconds).toFixed(2)} s`
  if (touched) return rows ? `wrote ${touched}: ${rows} rows, ${bytes} bytes` : undefined
  return waiting ? `waiting: ${waiting}` : undefined
}

/** Has the running stack's run-dbt work, line by line. Throws REQUEST_INVALID when it does not answer or refuses. */
async function ask(
  stack: StackFile,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<DbtReport> {
  const response = await fetch(stack.functions['run-dbt']!, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/x-ndjson' },
    body: JSON.stringify(args.length === 1 && args[0] === 'build' ? {} : { args }),
  }).catch((error: unknown) => {
    throw new PipelineError('REQUEST_INVALID', { function: 'run-dbt', why: 'it does not answer' }, error)
  })
  const lines = createInterface({ input: Readable.fromWeb(response.body as ReadableStream) })
  for await (const text of lines) {
    const line = JSON.parse(text) as Line
    if (line.report?.results) return line.report
    if (line.report)
      throw new PipelineError('REQUEST_INVALID', { function: 'run-dbt', says: line.report.message })
    const shown = show(line)
    if (shown) onLine(shown)
  }
  throw new PipelineError('REQUEST_INVALID', { function: 'run-dbt', why: 'it ended without a report' })
}

/**
 * Runs dbt on the stack's warehouse, shows its lines and publishes the result if all went well. Sets the exit code when something failed.
 */
export async function runStackDbt(
  stack: StackFile,
  args: readonly string[],
  onLine: (line: string) => void = console.log,
): Promise<void> {
  const report = await ask(stack, args, onLine)
  await afterDbt(stack, report)
  if (report.ok) return
  const bad = report.results.filter(({ status }) => !['success', 'pass', 'warn', 'skipped'].includes(status))
  for (const { name, status, message } of bad) console.error(`${status}: ${name}: ${message}`)
  if (report.error) console.error(report.error)
  process.exitCode = 1
}

/** `npm run dbt`: `dbt build`, or whatever follows `--`. */
export async function dbtCommand(args: string[]): Promise<void> {
  const stack = await runningStack(statePaths())
  await runStackDbt(stack, args.length > 0 ? args : ['build'])
}
