import { spawn } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { BigQuery } from '@google-cloud/bigquery'
import { bigqueryClient } from '../warehouse/bigquery/client.ts'
import type { Datasets } from '../warehouse/bigquery/ensure.ts'
import { freePort } from './fake-gcs.ts'

export interface BigqueryEmulator {
  /** What BIGQUERY_EMULATOR_HOST is set to. */
  url: string
  bigquery: BigQuery
  /** Names of datasets that no test has used. */
  newDatasets(): Datasets
  stop(): Promise<void>
}

const root = join(import.meta.dirname, '..', '..')
const venv = (): string => process.env.BQEMULATOR_VENV ?? join(root, '.tools', 'bqemulator-venv')
const DUCKDB = 'v1.5.5'
const PLATFORMS: Record<string, string> = {
  'linux-x64': 'linux_amd64',
  'linux-arm64': 'linux_arm64',
  'darwin-arm64': 'osx_arm64',
  'darwin-x64': 'osx_amd64',
}

/** The emulator looks for DuckDB's extensions in its home, and would download them: it gets those of the wheels. */
async function prepareHome(home: string): Promise<void> {
  const platform = PLATFORMS[`${process.platform}-${process.arch}`]
  if (platform === undefined) throw new Error('no bqemulator for this platform')
  const folder = join(home, '.duckdb', 'extensions', DUCKDB, platform)
  await mkdir(folder, { recursive: true })
  const pattern = `lib/python3*/site-packages/duckdb_extension_*/extensions/${DUCKDB}/*.duckdb_extension`
  const found = globSync(join(venv(), pattern))
  if (found.length === 0) throw new Error('bqemulator is not installed: run `npm test`, which installs it')
  for (const file of found) await copyFile(file, join(folder, basename(file)))
}

/** Starts bqemulator on free ports with a home of its own; `lakeRoot` is fake-gcs-server's folder, to read gs:// from. */
export async function startBigquery(lakeRoot?: string): Promise<BigqueryEmulator> {
  const home = await mkdtemp(join(tmpdir(), 'bqemulator-'))
  const binary = join(venv(), 'bin', 'bqemulator')
  if (!existsSync(binary)) throw new Error(`no bqemulator in ${venv()}: run \`npm test\`, which installs it`)
  await prepareHome(home)
  const [rest, grpc] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${rest}`
  const flags = ['--ephemeral', '--project', 'test-project', '--log-level', 'error', '--log-format', 'json']
  const child = spawn(binary, ['start', '--rest-port', String(rest), '--grpc-port', String(grpc), ...flags], {
    env: { PATH: process.env.PATH, HOME: home, TMPDIR: home, BQEMU_GCS_LOCAL_ROOT: lakeRoot ?? home },
    stdio: 'ignore',
  })
  const killed = () => child.kill('SIGKILL')
  process.once('exit', killed)
  const stop = async () => {
    process.off('exit', killed)
    if (child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    }
    await rm(home, { recursive: true, force: true })
  }
  try {
    for (let attempt = 0; ; attempt++) {
      if (child.exitCode !== null) throw new Error('bqemulator ended')
      const ok = await fetch(`${url}/bigquery/v2/projects/test-project/datasets`).then(
        (response) => response.ok,
        () => false,
      )
      if (ok) break
      if (attempt === 600) throw new Error('bqemulator does not answer')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  } catch (error) {
    await stop()
    throw error
  }
  let used = 0
  return {
    url,
    bigquery: bigqueryClient({ projectId: 'test-project', location: 'EU', emulatorHost: url }),
    newDatasets: () => ({ raw: `raw_${++used}`, loads: `loads_${used}` }),
    stop,
  }
}
