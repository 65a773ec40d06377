import { spawn } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { tools } from '../paths.ts'
import { dbtProject } from './generate.ts'
import { pseudonymKey } from './pseudonym-key.ts'
import { type DbtResult, isLocked, readLogLine, readResults, safeMessage, type Touched } from './results.ts'

export interface DbtOptions {
  /** As on dbt's command line: `['build', '--exclude-resource-type', 'unit_test']`. */
  args: readonly string[]
  duckdbPath: string
  /** Where dbt keeps its target folder; nothing is written into the repository. */
  logDir: string
  /** 64 hex digits; see `pseudonymKey`. */
  pseudonymKey?: string
  dbtExecutable?: string
  projectDir?: string
  /** How long to wait for another process to close the file, ms. */
  lockWaitMs?: number
  /** Stops dbt. */
  signal?: AbortSignal
  /** A line for each model and test that has finished: its status, name and seconds. */
  onLine?: (line: string) => void
}

export interface DbtRun {
  ok: boolean
  results: DbtResult[]
  /** What incremental models wrote beside what was there. */
  touched: Touched[]
}

interface Attempt extends DbtRun {
  locked: boolean
}

const LOCK_WAIT_MS = 120_000
const RETRY_MS = 1_000
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TMPDIR', 'SystemRoot']

async function environment(options: DbtOptions, projectDir: string): Promise<Record<string, string>> {
  const env: Record<string, string> = {
    DBT_PROJECT_DIR: projectDir,
    DBT_PROFILES_DIR: projectDir,
    DBT_TARGET_PATH: join(resolve(options.logDir), 'target'),
    DBT_LOG_PATH: resolve(options.logDir),
    DBT_LOG_FORMAT: 'json',
    // The file would hold the engine's own messages, and those may quote a value.
    DBT_LOG_LEVEL_FILE: 'none',
    DBT_SEND_ANONYMOUS_USAGE_STATS: 'false',
    DBT_USE_COLORS: 'false',
    DO_NOT_TRACK: '1',
    DUCKDB_PATH: resolve(options.duckdbPath),
    // Variables whose name begins so are kept out of dbt's logs.
    DBT_ENV_SECRET_PSEUDONYM_KEY: await pseudonymKey(resolve(options.duckdbPath), options.pseudonymKey),
  }
  for (const name of PASSED_ON) if (process.env[name] !== undefined) env[name] = process.env[name]
  return env
}

async function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream })) if (line.trim() !== '') onLine(line)
}

/** Runs dbt once; gives its exit code and the text of its errors, which is not safe to show. */
async function launch(
  options: DbtOptions,
  projectDir: string,
): Promise<{ code: number; errors: string; touched: Touched[] }> {
  const executable = options.dbtExecutable ?? process.env.DBT_EXECUTABLE ?? tools.dbt
  const env = await environment(options, projectDir)
  const child = spawn(executable, options.args, {
    cwd: projectDir,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.signal ? { signal: options.signal } : {}),
  })
  const errors: string[] = []
  const touched: Touched[] = []
  const exit = new Promise<number>((done, failed) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') return failed(error)
      failed(new PipelineError('SETTING_INVALID', { settings: `dbt is not installed at ${executable}` }))
    })
    child.once('close', (code) => done(code ?? 1))
  })
  const out = readLines(child.stdout, (line) => {
    const { show, touched: wrote, error } = readLogLine(line)
    if (wrote) touched.push(wrote)
    if (show !== undefined) options.onLine?.(show)
    if (error !== undefined) errors.push(error)
  })
  const err = readLines(child.stderr, (line) => errors.push(line))
  const [code] = await Promise.all([exit, out, err])
  return { code, errors: errors.join('\n'), touched }
}

async function attempt(options: DbtOptions, projectDir: string): Promise<Attempt> {
  const resultsFile = join(resolve(options.logDir), 'target', 'run_results.json')
  await rm(resultsFile, { force: true })
  const started = Date.now()
  const { code, errors, touched } = await launch(options, projectDir)
  let results: DbtResult[] = []
  const text = await readFile(resultsFile, 'utf8').catch(() => undefined)
  if (text !== undefined) {
    const read = readResults(text)
    results = read.results
    await writeFile(resultsFile, read.safeText)
  }
  const ok = code === 0
  if (!ok && results.length === 0) {
    const seconds = (Date.now() - started) / 1000
    results = [{ name: 'dbt', status: 'error', seconds, message: safeMessage('error', errors) }]
  }
  return { ok, results, touched, locked: !ok && isLocked(errors) }
}

/**
 * Runs dbt on a DuckDB file in a process of its own. While another process has the file it waits and tries again. A
 * model or test that fails is in the results; it throws only where dbt can't be started (SETTING_INVALID) or is stopped.
 */
export async function runDbt(options: DbtOptions): Promise<DbtRun> {
  const projectDir = resolve(options.projectDir ?? dbtProject)
  await mkdir(options.logDir, { recursive: true })
  const until = Date.now() + (options.lockWaitMs ?? LOCK_WAIT_MS)
  for (;;) {
    const { locked, ...run } = await attempt(options, projectDir)
    if (!locked || Date.now() >= until) return run
    options.onLine?.('waiting: another process has the file')
    await sleep(RETRY_MS, undefined, options.signal ? { signal: options.signal } : {})
  }
}
