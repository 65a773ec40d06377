import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { Listr, type ListrTask } from 'listr2'
import { root, tools } from '../paths.ts'
import { checkRequirements, findPython } from './requirements-check.ts'

const UV = 'uv==0.13.9'
const requirementsFile = join(root, 'local-emulators', 'setup', 'requirements.txt')
const bqemulatorFile = join(root, 'local-emulators', 'setup', 'requirements-bqemulator.txt')
const checksFile = join(root, 'local-emulators', 'setup', 'requirements-checks.txt')
const cdktnFile = join(root, 'local-emulators', 'setup', 'cdktn', 'package-lock.json')
const beamSetup = join(root, 'dataflow-templates', 'setup')
const beamFile = join(beamSetup, 'requirements.txt')
const pomFile = join(root, 'cdc', 'connect', 'pom.xml')

/** Runs a command and reports its last line as it goes. Throws SETTING_INVALID with the end of its output. */
async function command(name: string, args: string[], progress: (line: string) => void): Promise<void> {
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
/** Beam needs one package that has no wheel: it is built, from hashed sources with hashed tools. */
const ONE_BUILD = [
  ...['--only-binary', ':all:', '--no-binary', 'google-apitools', '--compile-bytecode'],
  ...['--build-constraints', join(beamSetup, 'build-requirements.txt')],
]

/** Puts exactly what a file of requirements names into a virtual environment. */
async function installPython(
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

/** Brings a folder to a lockfile of its own. */
async function installCdktn(progress: (line: string) => void): Promise<void> {
  await mkdir(tools.cdktn, { recursive: true })
  for (const file of ['package.json', 'package-lock.json']) {
    await copyFile(join(dirname(cdktnFile), file), join(tools.cdktn, file))
  }
  await command(
    'npm',
    ['ci', '--no-fund', '--no-audit', '--ignore-scripts', '--prefix', tools.cdktn],
    progress,
  )
}

async function installJars(progress: (line: string) => void): Promise<void> {
  await rm(tools.jars, { recursive: true, force: true })
  await command(
    'mvn',
    [
      '--batch-mode',
      '--file',
      pomFile,
      'dependency:copy-dependencies',
      `-DoutputDirectory=${tools.jars}`,
      '-DincludeScope=runtime',
    ],
    progress,
  )
}

/** A task that is done again only when the file that describes it changed. */
function stamped(
  title: string,
  folder: string,
  source: string,
  work: (progress: (line: string) => void) => Promise<void>,
): ListrTask {
  const stamp = join(folder, '.installed-from')
  return {
    title,
    task: async (_context, task) => {
      const wanted = createHash('sha256')
        .update(await readFile(source))
        .digest('hex')
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

/**
 * Brings the machine to what the stack needs: Python packages and Java archives, each only when it changed. `checks`
 * adds what only tests of the cloud's stack need, `beam` Apache Beam (660 MB) for what runs pipelines.
 */
export async function install({ checks = false, beam = false } = {}): Promise<void> {
  const missing = (await checkRequirements()).filter(({ ok }) => !ok)
  if (missing.length > 0) {
    const list = missing.map(({ name, found, todo }) => `\n  ${name}: found ${found}; ${todo}`).join('')
    throw new PipelineError('SETTING_INVALID', { missingOnThisMachine: list })
  }
  const tasks = new Listr(
    [
      stamped('Python packages: dbt, DuckDB, fake-gcs-server', tools.venv, requirementsFile, (progress) =>
        installPython(tools.venv, requirementsFile, progress),
      ),
      stamped('Python packages: BigQuery emulator', tools.bqemulatorVenv, bqemulatorFile, (progress) =>
        installPython(tools.bqemulatorVenv, bqemulatorFile, progress),
      ),
      ...(checks
        ? [
            stamped('Python packages: checkov, shellcheck', tools.checksVenv, checksFile, (progress) =>
              installPython(tools.checksVenv, checksFile, progress),
            ),
            stamped('Node packages: cdktn', tools.cdktn, cdktnFile, installCdktn),
          ]
        : []),
      ...(beam
        ? [
            stamped('Python packages: Apache Beam', tools.beamVenv, beamFile, (progress) =>
              installPython(tools.beamVenv, beamFile, progress, ONE_BUILD),
            ),
          ]
        : []),
      stamped('Java archives: Kafka, Connect, Debezium', tools.jars, pomFile, installJars),
    ],
    {
      concurrent: true,
      exitOnError: true,
      renderer: process.stdout.isTTY ? 'default' : 'silent',
      fallbackRenderer: 'silent',
    },
  )
  await tasks.run()
}
