import { readFile, rename, writeFile } from 'node:fs/promises'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { StatePaths } from './paths.ts'

/** Where each part of a running stack listens: `.local/stack.json`, for any client. */
export interface StackFile {
  version: 1
  startedAt: string
  stateDir: string
  supervisorPid: number
  /** `ready` once every part has been; `starting` before. */
  state: 'starting' | 'ready'
  projectId: string
  postgresUrl: string
  /** The same database for the read-only role. */
  postgresReaderUrl: string
  /** And for the role that oltp-sink writes with. */
  postgresWriterUrl: string
  kafkaBrokers: string
  connectUrl: string
  connectorName: string
  pubsubHost: string
  pubsubHttpUrl: string
  gcsEndpoint: string
  gcsBucket: string
  /** ClickHouse's HTTP interface; user `default`, no password. */
  clickhouseUrl: string
  warehouseFile: string
  /** A copy of current rows and marts that any DuckDB client may keep open. */
  publishedFile: string
  /** What pseudonyms of patients are made with. */
  pseudonymKey: string
  /** The built page of the dashboard. */
  pageAssets: string
  /** The dashboard. */
  dashboardUrl: string
  relayMetricsUrl: string
  guardMetricsUrl: string
  controlUrl: string
  functions: Record<string, string>
}

/** Writes the file at once and whole; it holds passwords, so only the owner may read it. */
export async function writeStackFile(paths: StatePaths, stack: StackFile): Promise<void> {
  const partial = `${paths.stackFile}.${process.pid}`
  await writeFile(partial, `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 })
  await rename(partial, paths.stackFile)
}

/** The stack's file as it was last written, or undefined. */
export async function findStackFile(paths: StatePaths): Promise<StackFile | undefined> {
  try {
    return JSON.parse(await readFile(paths.stackFile, 'utf8')) as StackFile
  } catch {
    return undefined
  }
}

/** Whether a process with this id is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The running stack of a state folder. Throws SETTING_INVALID when none runs. */
export async function runningStack(paths: StatePaths): Promise<StackFile> {
  const stack = await findStackFile(paths)
  if (!stack || !isAlive(stack.supervisorPid)) {
    throw new PipelineError('SETTING_INVALID', {
      stack: 'not running',
      start: '`npm run up` (or `npm run up -- --detach`)',
    })
  }
  return stack
}
