import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { duckdbWarehouse } from './duckdb.ts'
import { type DuckdbFileOptions, withDatabase } from './duckdb-file.ts'
import { warehouseCases } from './warehouse.cases.ts'

let folder: string
let files = 0
const newFile = (lockWaitMs = 200): DuckdbFileOptions => ({
  path: join(folder, `deep/er/${++files}.duckdb`),
  memoryLimit: '256MB',
  threads: 1,
  lockWaitMs,
})

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'duckdb-'))
})
after(() => rm(folder, { recursive: true, force: true }))

/** Has another process hold the file for a while; resolves once it does. */
async function heldByAnother(path: string, ms: number): Promise<() => void> {
  const code = `import { DuckDBInstance } from '@duckdb/node-api'
    const held = await DuckDBInstance.create(${JSON.stringify(path)})
    console.log('held')
    setTimeout(() => { held.closeSync(); process.exit(0) }, ${ms})`
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return () => child.kill('SIGKILL')
}

test('a file that another process holds is waited for, then given up with a clear error', async (t) => {
  const short = newFile(300)
  await withDatabase(short, async () => {})
  t.after(await heldByAnother(short.path, 30_000))
  await assert.rejects(duckdbWarehouse(short).planned('visits'), (error) => {
    assert.ok(error instanceof PipelineError)
    assert.deepEqual([error.code, error.retry], ['WAREHOUSE_UNAVAILABLE', 'backoff'])
    assert.match(error.message, /another process has the file/)
    return true
  })
  const long = newFile(20_000)
  await withDatabase(long, async () => {})
  t.after(await heldByAnother(long.path, 600))
  assert.deepEqual(await duckdbWarehouse(long).planned('visits'), [])
})

test('the file is closed after each call, also after one that fails', async () => {
  const file = newFile()
  await assert.rejects(
    withDatabase(file, async () => {
      throw new Error('Erika')
    }),
    { code: 'WAREHOUSE_UNAVAILABLE', message: /unknown error/ },
  )
  const held = await heldByAnother(file.path, 30_000)
  held()
})

test('a file that is no database is an error without its contents', async () => {
  const file = newFile()
  await withDatabase(file, async () => {})
  await writeFile(file.path, 'Erika Mustermann '.repeat(1000))
  await assert.rejects(duckdbWarehouse(file).planned('visits'), (error) => {
    assert.ok(error instanceof PipelineError && error.code === 'WAREHOUSE_UNAVAILABLE')
    assert.doesNotMatch(`${error.message} ${error.stack} ${error.cause}`, /Erika/)
    return true
  })
})

test('invariant 8: an error of the engine does not quote a value', async () => {
  await assert.rejects(
    withDatabase(newFile(), (db) => db.run("SELECT 'Erika Mustermann'::INTEGER")),
    (error) =>
      error instanceof PipelineError && !/Erika/.test(`${error.message} ${error.stack} ${error.cause}`),
  )
})

test('a transaction that fails leaves nothing', async () => {
  const file = newFile()
  await withDatabase(file, (db) => db.run('CREATE TABLE t (n INTEGER)'))
  const failing = withDatabase(file, (db) =>
    db.transaction(async () => {
      await db.run('INSERT INTO t VALUES (1)')
      throw new PipelineError('LAKE_UNAVAILABLE')
    }),
  )
  await assert.rejects(failing, { code: 'LAKE_UNAVAILABLE' })
  assert.deepEqual(await withDatabase(file, (db) => db.rows('SELECT * FROM t')), [])
})

test('every table of the catalog has its change log from the first call on', async () => {
  const file = newFile()
  await duckdbWarehouse(file).planned('visits')
  const rows = await withDatabase(file, (db) =>
    db.rows<{ t: string }>(
      "SELECT table_name AS t FROM duckdb_tables() WHERE schema_name = 'raw' ORDER BY t",
    ),
  )
  const expected = [...catalog.map(({ name }) => `${name}_changes`), 'load_objects'].sort()
  assert.deepEqual(
    rows.map(({ t }) => t),
    expected,
  )
  const left = await readdir(join(folder, 'deep/er'))
  assert.deepEqual(
    left.filter((name) => name.startsWith(`${files}.`)),
    [`${files}.duckdb`],
  )
})

warehouseCases(() => {
  const file = newFile()
  const rows = async () => {
    const [counted] = await withDatabase(file, (db) =>
      db.rows<{ n: number }>('SELECT count(*)::INTEGER AS n FROM raw.visits_changes'),
    )
    return counted!.n
  }
  return { warehouse: duckdbWarehouse(file), rows }
})
