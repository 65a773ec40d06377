import { execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { migrate, setRolePasswords, WRITER_ROLE } from '@pipeline/cdc/database.ts'
import { freePort } from '@pipeline/functions/testing/fake-gcs.ts'
import { Client } from 'pg'
import { binaries, command } from '../services/postgres.ts'

export interface TestDatabase {
  url: string
  query<R extends object = Record<string, unknown>>(text: string, values?: unknown[]): Promise<R[]>
}

/** A PostgreSQL of a test's own. */
export interface TestPostgres {
  port: number
  /** A database with the hospital's tables, empty. */
  createDatabase(): Promise<TestDatabase>
  /** A database with all migrations, and the address of it for oltp-sink's role. */
  createMigrated(): Promise<TestDatabase & { writerUrl: string }>
  /** Ends the server at once, as a power cut would, and starts it again. */
  crash(downMs: number): Promise<void>
  stop(): Promise<void>
}

const run = promisify(execFile)
const root = new URL('../../', import.meta.url)
const NOBODY = 65534

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

/** `extra`: settings such as `wal_level=logical`. */
export async function startTestPostgres(extra: readonly string[] = []): Promise<TestPostgres> {
  const folder = await mkdtemp(join(tmpdir(), 'producer-postgres-'))
  const password = randomBytes(16).toString('hex')
  const passwordFile = join(folder, 'password')
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (process.getuid?.() === 0) for (const path of [folder, passwordFile]) await chown(path, NOBODY, NOBODY)
  const data = join(folder, 'data')
  const encoding = ['--encoding=UTF8', '--locale=C', '--no-sync']
  const { initdb, postgres } = await binaries()
  const authentication = ['-A', 'scram-sha-256', `--pwfile=${passwordFile}`]
  const init = command(initdb, ['-D', data, '-U', 'postgres', ...authentication, ...encoding])
  await run(init.command, init.args)
  const port = await freePort()
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    ...extra,
  ]

  const start = async () => {
    const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])]
    const line = command(postgres, args)
    const server = spawn(line.command, line.args, { stdio: 'ignore' })
    for (let tries = 0; tries < 150 && server.exitCode === null; tries++) {
      if (await answers(url)) return server
      await sleep(100)
    }
    throw new Error('PostgreSQL did not start')
  }
  let server = await start()
  const halt = async (signal: 'SIGINT' | 'SIGQUIT') => {
    if (server.exitCode !== null) return
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill(signal)
    await ended
  }

  const connectTo = (database: string): TestDatabase => {
    const address = url.replace(/postgres$/, database)
    return {
      url: address,
      async query<R extends object>(text: string, values?: unknown[]) {
        const client = new Client({ connectionString: address })
        await client.connect()
        try {
          return (await client.query<R>(text, values)).rows
        } finally {
          await client.end()
        }
      },
    }
  }
  const migration = await readFile(new URL('cdc/migrations/001.do.hospital-tables.sql', root), 'utf8')
  let databases = 0
  return {
    port,
    async createDatabase() {
      const name = `hospital_${++databases}`
      await connectTo('postgres').query(`CREATE DATABASE ${name}`)
      const database = connectTo(name)
      await database.query(migration)
      return database
    },
    async createMigrated() {
      const name = `hospital_${++databases}`
      await connectTo('postgres').query(`CREATE DATABASE ${name}`)
      const database = connectTo(name)
      await migrate(database.url)
      await setRolePasswords(database.url, { cdc: password, reader: password, writer: password })
      const writerUrl = Object.assign(new URL(database.url), { username: WRITER_ROLE }).href
      return { ...database, writerUrl }
    },
    async crash(downMs) {
      await halt('SIGQUIT')
      await sleep(downMs)
      server = await start()
    },
    async stop() {
      await halt('SIGINT')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
