import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface EmulatorProcess {
  host: string
  httpUrl: string
  child: ChildProcess
  stop(): Promise<void>
}

/** Starts the emulator in a process of its own, on free ports unless the environment says otherwise. */
export async function spawnEmulator(environment: NodeJS.ProcessEnv = {}): Promise<EmulatorProcess> {
  const main = fileURLToPath(new URL('./main.ts', import.meta.url))
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, PUBSUB_PORT: '0', PUBSUB_HTTP_PORT: '0', LOG_LEVEL: 'warn', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout! })) {
    const said = JSON.parse(line)
    if (said.ready !== true) continue
    return { host: said.host, httpUrl: said.httpUrl, child, stop: () => stopProcess(child) }
  }
  throw new Error('The emulator process ended before it was ready.')
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  await exit
}
