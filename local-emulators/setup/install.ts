import { copyFile, mkdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { Listr } from 'listr2'
import { root, tools } from '../paths.ts'
import { functionProcess } from '../services/functions.ts'
import { checkRequirements } from './requirements-check.ts'
import { installSqlTools, SQL_SOURCES } from './sql-tools.ts'
import { command, installPython, stamped } from './steps.ts'

const requirementsFile = join(root, 'local-emulators', 'setup', 'requirements.txt')
const bqemulatorFile = join(root, 'local-emulators', 'setup', 'requirements-bqemulator.txt')
const checksFile = join(root, 'local-emulators', 'setup', 'requirements-checks.txt')
const cdktnFile = join(root, 'local-emulators', 'setup', 'cdktn', 'package-lock.json')
const lockFile = join(root, 'package-lock.json')
const beamSetup = join(root, 'dataflow-templates', 'setup')
const beamFile = join(beamSetup, 'requirements.txt')
const pomFile = join(root, 'cdc', 'connect', 'pom.xml')

/** Beam needs one package that has no wheel: it is built, from hashed sources with hashed tools. */
const ONE_BUILD = [
  ...['--only-binary', ':all:', '--no-binary', 'google-apitools', '--compile-bytecode'],
  ...['--build-constraints', join(beamSetup, 'build-requirements.txt')],
]

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

/** Fills the compile cache that scripts/bootstrap.mjs names. */
async function compileFunctions(progress: (line: string) => void): Promise<void> {
  await mkdir(tools.compileCache, { recursive: true })
  const { command: node, args } = functionProcess('functions/compile.ts')
  await command(node, args, progress)
}

/**
 * Brings the machine to what the stack needs: Python packages and Java archives, each only when it changed. `checks`
 * adds what only tests of the cloud's stack and of docker-compose.yml need, `beam` Apache Beam (660 MB) for what runs
 * pipelines, `sql` GoogleSQL and sqlfluff.
 */
export async function install({ checks = false, beam = false, sql = false } = {}): Promise<void> {
  const missing = (await checkRequirements()).filter(({ ok }) => !ok)
  if (missing.length > 0) {
    const list = missing.map(({ name, found, todo }) => `\n  ${name}: found ${found}; ${todo}`).join('')
    throw new PipelineError('SETTING_INVALID', { missingOnThisMachine: list })
  }
  const tasks = new Listr(
    [
      stamped('Python packages: dbt, DuckDB, fake-gcs-server', tools.venv, [requirementsFile], (progress) =>
        installPython(tools.venv, requirementsFile, progress),
      ),
      stamped('Python packages: BigQuery emulator', tools.bqemulatorVenv, [bqemulatorFile], (progress) =>
        installPython(tools.bqemulatorVenv, bqemulatorFile, progress),
      ),
      ...(checks
        ? [
            stamped(
              'Python packages: checkov, shellcheck, check-jsonschema',
              tools.checksVenv,
              [checksFile],
              (progress) => installPython(tools.checksVenv, checksFile, progress),
            ),
            stamped('Node packages: cdktn', tools.cdktn, [cdktnFile], installCdktn),
          ]
        : []),
      ...(beam
        ? [
            stamped('Python packages: Apache Beam', tools.beamVenv, [beamFile], (progress) =>
              installPython(tools.beamVenv, beamFile, progress, ONE_BUILD),
            ),
          ]
        : []),
      ...(sql
        ? [stamped('Python packages: GoogleSQL, sqlfluff', tools.sqlVenv, SQL_SOURCES, installSqlTools)]
        : []),
      stamped('Our own functions, compiled', tools.compileCache, [lockFile], compileFunctions),
      stamped('Java archives: Kafka, Connect, Debezium', tools.jars, [pomFile], installJars),
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
