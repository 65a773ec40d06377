import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, test } from 'node:test'
import { buildWarehouse, openReader, options } from '../testing/publishing.ts'
import { withDatabase } from './duckdb-file.ts'
import { publish } from './publish.ts'

let folder: string
let path: string
let warehouse: string
const folders: string[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'publishing-'))
  folders.push(folder)
  path = join(folder, 'hospital-published.duckdb')
  warehouse = join(folder, 'hospital.duckdb')
})
after(() => Promise.all(folders.map((each) => rm(each, { recursive: true, force: true }))))

const publishNow = () => publish({ warehouse: options(warehouse), path })
const NAMES = 'SELECT min(full_name) AS low, max(full_name) AS high, count(*)::INTEGER AS n FROM patients'
const ofLoad = (load: number, n = 100) => [{ low: `load ${load}`, high: `load ${load}`, n }]

async function published(sql: string): Promise<Record<string, unknown>[]> {
  const reader = await openReader(path)
  try {
    return await reader.rows(sql)
  } finally {
    reader.close()
  }
}

test('it holds the six tables with their types, the marts and its own date, and no raw log', async () => {
  assert.equal(await publishNow(), false)
  assert.deepEqual(await readdir(folder), ['hospital.duckdb'])
  await buildWarehouse(warehouse, 1)
  assert.equal(await publishNow(), true)
  const tables = await published(
    `SELECT schema_name || '.' || table_name AS name FROM duckdb_tables() ORDER BY 1`,
  )
  assert.deepEqual(
    tables.map(({ name }) => name),
    [
      ...['billing_payments', 'doctors', 'medicines', 'patients', 'prescriptions', 'published', 'visits'].map(
        (name) => `main.${name}`,
      ),
      'marts.monthly',
    ],
  )
  assert.deepEqual(await published(NAMES), ofLoad(1))
  assert.deepEqual(
    await published(
      `SELECT data_type AS t FROM duckdb_columns() WHERE column_name IN ('price', 'visit_date', 'prescribed_at', 'visit_id') AND table_name IN ('medicines', 'visits', 'prescriptions') ORDER BY table_name, column_name`,
    ),
    ['DECIMAL(10,2)', 'TIMESTAMP WITH TIME ZONE', 'BIGINT', 'DATE', 'BIGINT'].map((t) => ({ t })),
  )
  assert.deepEqual(
    await published(
      `SELECT row_count::INTEGER AS n, loaded_at, sequence, committed_at, published_at > now() - INTERVAL 1 MINUTE AS recent FROM published WHERE table_name IN ('patients', 'doctors') ORDER BY 1`,
    ),
    [
      { n: 0, loaded_at: null, sequence: null, committed_at: null, recent: true },
      {
        n: 100,
        loaded_at: '2001-01-01 00:00:00+00',
        sequence: '0000000000000001/0/0',
        committed_at: '2001-01-01 00:00:00+00',
        recent: true,
      },
    ],
  )
  assert.deepEqual((await readdir(folder)).toSorted(), ['hospital-published.duckdb', 'hospital.duckdb'])
})

test('a client reads on undisturbed while loads and publishes go on, and a new one sees the newest', async () => {
  await buildWarehouse(warehouse, 1, 5000)
  await publishNow()
  const reader = await openReader(path)
  try {
    let done = false
    const writing = (async () => {
      for (let load = 2; load <= 6; load++) {
        await buildWarehouse(warehouse, load, 5000)
        assert.equal(await publishNow(), true)
        const newest = await published(
          `SELECT (SELECT max(full_name) FROM patients) AS name, (SELECT load FROM marts.monthly) AS load, (SELECT year(loaded_at)::INTEGER FROM published WHERE table_name = 'patients') AS y`,
        )
        assert.deepEqual(newest, [{ name: `load ${load}`, load, y: 2000 + load }])
      }
      done = true
    })()
    let looks = 0
    while (!done) {
      assert.deepEqual(await reader.rows(NAMES), ofLoad(1, 5000))
      looks += 1
      await Promise.race([writing, new Promise((resolve) => setTimeout(resolve, 5))])
    }
    await writing
    assert.ok(looks > 5, `${looks} looks`)
  } finally {
    reader.close()
  }
})

test('a publish that is killed at any step leaves the old file whole, and the next one leaves no litter', async () => {
  await buildWarehouse(warehouse, 1)
  await publishNow()
  for (const [index, point] of ['attached', 'copied', 'closed'].entries()) {
    await buildWarehouse(warehouse, index + 2)
    const child = spawnSync(process.execPath, [join(import.meta.dirname, '../testing/crashing-publish.ts')], {
      env: { ...process.env, CRASH_AT: point, WAREHOUSE_FILE: warehouse, PUBLISHED: path },
      encoding: 'utf8',
    })
    assert.deepEqual([child.stdout, child.signal], [`killed at ${point}`, 'SIGKILL'])
    assert.deepEqual(await published(NAMES), ofLoad(1))
    assert.ok((await readdir(folder)).some((name) => name.includes('.partial')))
  }
  await publishNow()
  assert.deepEqual(await published(NAMES), ofLoad(4))
  assert.deepEqual((await readdir(folder)).toSorted(), ['hospital-published.duckdb', 'hospital.duckdb'])
  const failing = publish({
    warehouse: options(warehouse),
    path,
    at: (point) => (point === 'copied' ? Promise.reject(new RangeError('failed')) : undefined),
  })
  await assert.rejects(failing)
  assert.deepEqual((await readdir(folder)).toSorted(), ['hospital-published.duckdb', 'hospital.duckdb'])
  assert.deepEqual(await published(NAMES), ofLoad(4))
})

test('several publishes at a time wait for each other', async () => {
  await buildWarehouse(warehouse, 1)
  assert.deepEqual(await Promise.all([publishNow(), publishNow(), publishNow()]), [true, true, true])
  assert.deepEqual(await published(NAMES), ofLoad(1))
  await withDatabase(options(warehouse), async (db) => {
    await db.run('DROP TABLE staging.base_doctors')
  })
  assert.equal(await publishNow(), false)
  assert.deepEqual(await published(NAMES), ofLoad(1))
})
