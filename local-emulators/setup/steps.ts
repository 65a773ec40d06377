import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { ListrTask } from 'listr2'
import { root } from '../paths.ts'
import { findPython } from './requirements-check.ts'

const UV = 'uv==0.13.9'

/** Runs a command and reports its last line as it goes. Throws SETTING_INVALID with the end of its output. */
export async function command(name: string, args: string[], progress: (line: string) => void): Promise<void> {
  let tail: string[] = []
  const child = spawn(name, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  const read = (chunk: Buffer): void => {
    const lines = chunk
      .toString()
      .split(/[\r\n]+/)
      .filter((line) => line.trim() !== '')
    if (lines.length > 0) progress(lines.at(-1)!)
    tail = [...tail, ...lines].slice(-15)
  }
  child.stdout.on('data', read)
  child.stderr.on('data', read)
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  if (code !== 0) {
    throw new PipelineError('SETTING_INVALID', {
      setting: `${name} ${args.slice(0, 3).join(' ')}`,
      exitCode: code,
      output: `\n${tail.join('\n')}`,
    })
  }
}

/** Nothing of a file is built on this machine. */
const NO_BUILDS = ['--no-build']

/** Puts exactly what a file of requirements names into a virtual environment. */
export async function installPython(
  venv: string,
  file: string,
  progress: (line: string) => void,
  builds: readonly string[] = NO_BUILDS,
): Promise<void> {
  const base = (await findPython())!.command
  const python = join(venv, 'bin', 'python')
  await command(base, ['-m', 'venv', venv], progress)
  await command(python, ['-m', 'pip', 'install', '--disable-pip-version-check', UV], progress)
  const args = ['pip', 'install', ...builds, '--require-hashes', '--python', python]
  await command(join(venv, 'bin', 'uv'), [...args, '-r', file], progress)
}

/** A task that is done again only when one of the files that describe it changed. */
export function stamped(
  title: string,
  folder: string,
  sources: readonly string[],
  work: (progress: (line: string) => void) => Promise<void>,
): ListrTask {
  const stamp = join(folder, '.installed-from')
  return {
    title,
    task: async (_context, task) => {
      const hash = createHash('sha256')
      for (const source of sources) hash.update(await readFile(source))
      const wanted = hash.digest('hex')
      const done = await readFile(stamp, 'utf8').catch(() => '')
      if (done === wanted) return task.skip(`${title} (there already)`)
      const started = Date.now()
      if (!process.stdout.isTTY) console.log(`Installing ${title}`)
      // A log of a terminal that can't redraw would only fill with half lines.
      await work((line) => {
        if (process.stdout.isTTY) task.output = line.slice(0, 120)
      })
      await writeFile(stamp, wanted)
      task.title = `${title} (${Math.round((Date.now() - started) / 1000)} s)`
    },
  }
}
