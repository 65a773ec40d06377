import { safeError } from '@pipeline/hospital/errors.ts'
import { Command } from 'commander'
import { formatReplay, type ReplayOptions, readReplay, withReplayOptions } from './ask.ts'
import { readCloudReplay, replayInCloud } from './cloud-replay.ts'

/** `hospital-replay` on the VM: what `npm run replay` is on a laptop. */
const program = withReplayOptions(new Command('hospital-replay')).showHelpAfterError()

try {
  const options = program.parse().opts<ReplayOptions>()
  const what = readReplay(options)
  const report = await replayInCloud(readCloudReplay(process.env), options.dryRun === true, what)
  process.stdout.write(`${formatReplay(report, options.dryRun === true)}\n`)
  if (report.stays > 0) process.exitCode = 1
} catch (error) {
  process.stderr.write(`${JSON.stringify({ severity: 'ERROR', ...safeError(error) })}\n`)
  process.exitCode = 1
}
