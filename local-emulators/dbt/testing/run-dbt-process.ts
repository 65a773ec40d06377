import { type ChildProcess, spawn } from 'node:child_process'
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { freePort } from '@pipeline/functions/testing/fake-gcs.ts'
import type { DbtReport } from '../../health/answers.ts'
import { root, tools } from '../../paths.ts'

/** run-dbt under functions-framework, from a folder that holds what its archive holds. */
export interface RunDbtProcess {
  url: string
  /** All that it wrote. */
  output(): string
  post(body: unknown): Promise<{ status: number; report: DbtReport & Record<string, unknown> }>
  stop(): Promise<void>
}

/** Lays function and project out as the cloud's archive does. */
export async function unpack(folder: string): Promise<void> {
  await cp(join(root, 'functions', 'run-dbt'), folder, { recursive: true })
  await cp(join(root, 'dbt'), join(folder, 'dbt'), { recursive: true })
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => child.once('exit', (code) => resolve(code)))
}

/** Starts it and waits until it answers. Throws with its output when it ends before. */
export async function startRunDbt(folder: string, env: Record<string, string>): Promise<RunDbtProcess> {
  const port = await freePort()
  const args = ['-m', 'functions_framework', '--source', join(folder, 'main.py'), '--target', 'run_dbt']
  const child = spawn(tools.python, [...args, '--host', '127.0.0.1', '--port', String(port)], {
    cwd: folder,
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUNBUFFERED: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  const killed = () => child.kill('SIGKILL')
  process.once('exit', killed)
  const url = `http://127.0.0.1:${port}/`
  for (;;) {
    const answer = await fetch(url).catch(() => undefined)
    if (answer?.ok) break
    if (child.exitCode !== null || /SETTING_INVALID/.test(output)) {
      child.kill('SIGKILL')
      await ended(child)
      throw new Error(output)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return {
    url,
    output: () => output,
    async post(body) {
      const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
      return {
        status: response.status,
        report: (await response.json()) as DbtReport & Record<string, unknown>,
      }
    },
    async stop() {
      process.off('exit', killed)
      child.kill('SIGTERM')
      await ended(child)
    },
  }
}
