import { statePaths } from '../paths.ts'
import { produce } from '../producer/produce.ts'
import { runningStack } from '../stack-file.ts'

interface Options {
  rate: number
  seconds?: number
  changes?: number
  seed: number
  via: 'sql' | 'events'
}

/** Drives the simulator against the running stack until it is done or interrupted. */
export async function produceCommand(options: Options): Promise<void> {
  const stack = await runningStack(statePaths())
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  process.once('SIGTERM', () => interrupted.abort())
  const result = await produce({
    databaseUrl: stack.postgresUrl,
    kafkaBrokers: [stack.kafkaBrokers],
    ...options,
    signal: interrupted.signal,
    onProgress: (progress) => console.log(JSON.stringify(progress)),
  })
  console.log(JSON.stringify(result))
}
