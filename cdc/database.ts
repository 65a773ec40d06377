import { fileURLToPath } from 'node:url'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import pg from 'pg'
import Postgrator from 'postgrator'

export const CDC_ROLE = 'hospital_cdc'
export const READER_ROLE = 'hospital_reader'
export const WRITER_ROLE = 'hospital_writer'
const MIGRATION_LOCK = 7_203_115

/** Runs `work` with a connection of its own. Throws DATABASE_UNAVAILABLE when there is none to be had. */
export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    throw new PipelineError('DATABASE_UNAVAILABLE', { host: client.host, port: client.port }, error)
  }
  try {
    return await work(client)
  } finally {
    await client.end().catch(() => {})
  }
}

/** Brings the database to the newest migration; two at once wait for each other. Returns the names applied. */
export async function migrate(url: string): Promise<string[]> {
  return withClient(url, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK])
    await client.query('CREATE SCHEMA IF NOT EXISTS pipeline')
    const postgrator = new Postgrator({
      migrationPattern: fileURLToPath(new URL('./migrations/*.sql', import.meta.url)),
      driver: 'pg',
      database: client.database ?? '',
      schemaTable: 'pipeline.migrations',
      execQuery: (query: string) => client.query(query),
    })
    return (await postgrator.migrate()).map((migration) => `${migration.version} ${migration.name}`)
  })
}

/** Throws SETTING_INVALID when the server can't be captured from, saying which setting to change. */
export async function checkServer(url: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rows } = await client.query<{ name: string; setting: string }>(
      `SELECT name, setting FROM pg_settings WHERE name IN ('wal_level', 'server_version_num')`,
    )
    const settings = new Map(rows.map((row) => [row.name, row.setting]))
    if (settings.get('wal_level') !== 'logical') {
      throw new PipelineError('SETTING_INVALID', {
        setting: 'wal_level in PostgreSQL',
        is: settings.get('wal_level'),
        mustBe: 'logical (then restart the server)',
      })
    }
    if (Number(settings.get('server_version_num')) < 140_000) {
      throw new PipelineError('SETTING_INVALID', {
        setting: 'PostgreSQL version',
        is: settings.get('server_version_num'),
        mustBe: '14 or newer',
      })
    }
  })
}

/** On a Cloud SQL that audits, makes the extension that does it. Returns whether the server audits. */
export async function enableAudit(url: string): Promise<boolean> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ on: string | null }>(
      `SELECT current_setting('cloudsql.enable_pgaudit', true) AS on`,
    )
    if (rows[0]?.on !== 'on') return false
    await client.query('CREATE EXTENSION IF NOT EXISTS pgaudit')
    return true
  })
}

/** Gives the roles of the pipeline their passwords. */
export async function setRolePasswords(
  url: string,
  passwords: { cdc: string; reader: string; writer: string },
): Promise<void> {
  await withClient(url, async (client) => {
    for (const [role, password] of [
      [CDC_ROLE, passwords.cdc],
      [READER_ROLE, passwords.reader],
      [WRITER_ROLE, passwords.writer],
    ] as const) {
      await client.query(`ALTER ROLE ${role} PASSWORD ${client.escapeLiteral(password)}`)
    }
  })
}
