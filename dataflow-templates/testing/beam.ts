import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pipelineText } from '../build.ts'
import { pipelineNames } from '../catalogue/pipelines.ts'

const run = promisify(execFile)
/** Where `npm test` puts Apache Beam when a test needs it. */
export const python = join(import.meta.dirname, '..', '..', '.tools', 'beam-venv', 'bin', 'python')

/** Runs something with a folder that holds every pipeline as it is launched, `<name>.yaml`. */
export async function withPipelines<T>(work: (folder: string) => Promise<T>): Promise<T> {
  if (!existsSync(python))
    throw new Error('Apache Beam is not installed: run this through `npm test -- <file>`')
  const folder = await mkdtemp(join(tmpdir(), 'pipelines-'))
  try {
    for (const name of pipelineNames) await writeFile(join(folder, `${name}.yaml`), pipelineText(name))
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs Python suites in one process; throws with their output when one fails. Gives what they printed. */
export function runSuites(modules: readonly string[]): Promise<string> {
  return withPipelines(async (folder) => {
    const { stdout, stderr } = await run(python, ['-m', 'unittest', '-v', ...modules], {
      cwd: join(import.meta.dirname, '..'),
      env: { ...process.env, PIPELINES: folder, PYTHONDONTWRITEBYTECODE: '1' },
      maxBuffer: 64 * 1024 * 1024,
      timeout: 280_000,
    })
    return `${stdout}${stderr}`
  })
}
