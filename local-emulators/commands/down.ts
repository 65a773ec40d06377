import { rm } from 'node:fs/promises'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { statePaths } from '../paths.ts'
import { findStackFile, isAlive } from '../stack-file.ts'
import { endLeftovers } from '../supervisor/leftovers.ts'

const PATIENCE_MS = 90_000

/** Stops the running stack and waits until it is gone. */
export async function down(options: { deleteData?: boolean }): Promise<void> {
  const paths = statePaths()
  const stack = await findStackFile(paths)
  if (stack && isAlive(stack.supervisorPid)) {
    process.kill(stack.supervisorPid, 'SIGTERM')
    const until = Date.now() + PATIENCE_MS
    while (isAlive(stack.supervisorPid)) {
      if (Date.now() > until) {
        throw new PipelineError('SETTING_INVALID', {
          supervisor: `process ${stack.supervisorPid} does not stop`,
        })
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    console.log('Stopped.')
  } else {
    const left = await endLeftovers(paths)
    console.log(
      left.length > 0 ? `The supervisor was gone; stopped ${left.join(', ')}.` : 'Nothing was running.',
    )
    await rm(paths.stackFile, { force: true })
  }
  if (options.deleteData) {
    await rm(paths.dir, { recursive: true, force: true })
    console.log(`Deleted ${paths.dir}`)
  }
}
