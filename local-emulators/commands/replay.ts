import { statePaths } from '../paths.ts'
import { formatReplay, type ReplayOptions, readReplay } from '../replay/ask.ts'
import { replayInStack } from '../replay/stack-replay.ts'
import { runningStack } from '../stack-file.ts'

/** `npm run replay`: exit code 1 when something can't be sent again as it is. */
export async function replayCommand(options: ReplayOptions): Promise<void> {
  const what = readReplay(options)
  const stack = await runningStack(statePaths())
  const report = await replayInStack(stack, options.dryRun === true, what)
  console.log(formatReplay(report, options.dryRun === true))
  if (report.stays > 0) process.exitCode = 1
}
