import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { parseLakeName } from '@pipeline/hospital/lake-names.ts'
import type { LakeObject } from '../lake/port.ts'
import { stagedLine } from '../loader/stage.ts'
import { batchOf, visitChanges } from '../testing/batches.ts'
import { duckdbWarehouse } from './duckdb.ts'
import { type DuckdbFileOptions, withDatabase } from './duckdb-file.ts'
import type { StagedObject } from './port.ts'

let folder: string
let files = 0
const newFile = (lockWaitMs = 200): DuckdbFileOptions => ({
  path: join(folder, `deep/er/${++files}.duckdb`),
  memoryLimit: '256MB',
  threads: 1,
  lockWaitMs,
})
const object = (first: number, generation = '1'): LakeObject => ({
  name: batchOf(visitChanges(first, first)).name,
  generation,
  size: 10,
  storedAt: '2024-03-05T10:20:30.123Z',
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

test('invariant 2: the same objects are the same load, and what the ledger knows is not planned again', async () => {
  const ids: string[] = []
  for (const objects of [
    [object(1), object(2)],
    [object(2), object(1)],
    [object(1, '2'), object(2)],
  ]) {
    const plan = await duckdbWarehouse(newFile()).plan('visits', objects)
    ids.push(plan!.loadId)
  }
  assert.equal(ids[0], ids[1])
  assert.notEqual(ids[0], ids[2])

  const warehouse = duckdbWarehouse(newFile())
  const plan = await warehouse.plan('visits', [object(1), object(2)])
  assert.equal(await warehouse.plan('visits', [object(2), object(1)]), undefined)
  const next = await warehouse.plan('visits', [object(1), object(3)])
  assert.deepEqual(next!.objects, [object(3)])
  assert.deepEqual(await warehouse.unknown('visits', [object(1), object(1, '2'), object(4)]), [
    object(1, '2'),
    object(4),
  ])
  assert.deepEqual(
    (await warehouse.planned('visits')).map((each) => [each.loadId, each.objects]),
    [
      [plan!.loadId, [object(1), object(2)]],
      [next!.loadId, [object(3)]],
    ],
  )
  assert.deepEqual(await warehouse.planned('patients'), [])
})

test('giving an object up and releasing it end its plan', async () => {
  const warehouse = duckdbWarehouse(newFile())
  const plan = (await warehouse.plan('visits', [object(1), object(2), object(3)]))!
  await warehouse.markBroken(plan, object(1), 'LAKE_OBJECT_BROKEN')
  await warehouse.release(plan, object(2))
  assert.deepEqual(
    (await warehouse.planned('visits')).map((each) => each.objects),
    [[object(3)]],
  )
  assert.deepEqual(await warehouse.unknown('visits', [object(1), object(2)]), [object(2)])
})

test('invariant 2: a load that is applied twice counts once, and so does a part of it', async () => {
  const file = newFile()
  const warehouse = duckdbWarehouse(file)
  const plan = (await warehouse.plan('visits', [object(1), object(2)]))!
  const staged: StagedObject[] = []
  for (const each of plan.objects) {
    const name = parseLakeName(each.name)!
    const [change] = visitChanges(name.firstOffset, name.firstOffset)
    const line = stagedLine(JSON.stringify(change), { ...change!, keyed: true }, name, ['visit_id'])
    const path = join(folder, `${name.firstOffset}.ndjson`)
    await writeFile(path, `${line}\n`)
    staged.push({ object: each, name, file: path, rows: 1, bytes: line.length, longestLine: line.length })
  }
  assert.deepEqual(await warehouse.apply(plan, staged.slice(0, 1)), { objects: 1, rows: 1, duplicates: 0 })
  assert.deepEqual(await warehouse.apply(plan, staged), { objects: 1, rows: 1, duplicates: 0 })
  assert.deepEqual(await warehouse.apply(plan, staged), { objects: 0, rows: 0, duplicates: 0 })
  const [rows] = await withDatabase(file, (db) =>
    db.rows('SELECT count(*)::INTEGER AS n FROM raw.visits_changes'),
  )
  assert.deepEqual(rows, { n: 2 })
})
