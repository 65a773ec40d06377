import { open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { literal, quoted } from '../quoting.ts'
import { type Database, type DuckdbFileOptions, withDatabase } from './duckdb-file.ts'

export interface PublishOptions {
  warehouse: DuckdbFileOptions
  /** The file that readers open, in a folder where nothing else has a name that begins with its. */
  path: string
  /** Called between the steps, for tests of crashes. */
  at?: (point: 'attached' | 'copied' | 'closed') => void | Promise<void>
}

const AS_OF = 'published'

async function tablesOf(db: Database, schema: string): Promise<Set<string>> {
  const rows = await db.rows<{ name: string }>(
    `SELECT table_name AS name FROM duckdb_tables() WHERE database_name = current_database() AND schema_name = $1`,
    [schema],
  )
  return new Set(rows.map(({ name }) => name))
}

/** What a file under way is called. It lies beside the published one, so that a rename puts it there. */
const partial = (path: string): string => `${path}.partial`

/** Takes away what a crash left; nobody else writes one while this process has the warehouse. */
async function clear(path: string): Promise<void> {
  const prefix = `${basename(path)}.partial`
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(prefix)) await rm(join(dirname(path), name), { recursive: true, force: true })
  }
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

async function copy(db: Database, marts: Iterable<string>): Promise<void> {
  const asOf = catalog.map(
    ({
      name,
    }) => `SELECT '${name}' AS table_name, (SELECT count(*) FROM out.main.${quoted(name)}) AS row_count,
      w.loaded_at, l.sequence, l.committed_at, now() AS published_at
    FROM (SELECT max(loaded_at) AS loaded_at FROM staging.load_watermark WHERE table_name = '${name}') w
    LEFT JOIN LATERAL (SELECT max("sequence") AS sequence, max("committedAt") AS committed_at
      FROM raw.${quoted(`${name}_changes`)} WHERE "loadedAt" <= w.loaded_at) l ON true`,
  )
  await db.transaction(async () => {
    for (const { name } of catalog) {
      await db.run(`CREATE TABLE out.main.${quoted(name)} AS FROM staging.${quoted(`base_${name}`)}`)
    }
    await db.run('CREATE SCHEMA out.marts')
    for (const name of marts)
      await db.run(`CREATE TABLE out.marts.${quoted(name)} AS FROM marts.${quoted(name)}`)
    await db.run(`CREATE TABLE out.main.${AS_OF} AS ${asOf.join(' UNION ALL ')}`)
  })
}

/**
 * Copies current rows and marts from the warehouse into a file of their own and puts it in place of the published one
 * at once: whoever has the old one open reads on in it. All is of one moment, since the warehouse is held meanwhile;
 * `published` says of each table up to which load, change and commit it is. False, and nothing is changed, where dbt
 * has not built all tables. Throws WAREHOUSE_UNAVAILABLE.
 */
export async function publish(options: PublishOptions): Promise<boolean> {
  const path = resolve(options.path)
  return withDatabase(options.warehouse, async (db) => {
    const staging = await tablesOf(db, 'staging')
    const needed = ['load_watermark', ...catalog.map(({ name }) => `base_${name}`)]
    if (!needed.every((name) => staging.has(name))) return false
    await clear(path)
    try {
      await db.run(`ATTACH ${literal(partial(path))} AS out`)
      await options.at?.('attached')
      await copy(db, await tablesOf(db, 'marts'))
      await options.at?.('copied')
      await db.run('CHECKPOINT out')
      await db.run('DETACH out')
      await options.at?.('closed')
      await sync(partial(path))
      await rename(partial(path), path)
      await sync(dirname(path))
      return true
    } catch (error) {
      await db.run('DETACH out').catch(() => undefined)
      await clear(path)
      throw error
    }
  })
}
