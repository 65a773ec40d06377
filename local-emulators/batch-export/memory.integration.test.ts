import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type FakeGcs, freePort, startFakeGcs } from '@pipeline/functions/testing/fake-gcs.ts'
import { root } from '../paths.ts'
import { startTestPostgres, type TestDatabase, type TestPostgres } from '../producer/test-postgres.ts'

const ROWS = 1_000_000
let postgres: TestPostgres
let gcs: FakeGcs
let database: TestDatabase
let child: ChildProcess | undefined

before(async () => {
  ;[postgres, gcs] = await Promise.all([startTestPostgres(), startFakeGcs()])
  database = await postgres.createDatabase()
  await database.query(`INSERT INTO patients (patient_id, full_name) SELECT i, 'P' || i FROM generate_series(1, 1000) i;
    INSERT INTO doctors (doctor_id, name, specialization) SELECT i, 'D', 'S' FROM generate_series(1, 100) i;
    INSERT INTO visits SELECT i, i % 1000 + 1, i % 100 + 1, date '2020-01-01' + i % 2000, 'J45.' || i % 90 || ' Asthma, unspecified', i % 100000 / 100.0
    FROM generate_series(1, ${ROWS}) i`)
})
after(async () => {
  child?.kill('SIGKILL')
  await Promise.all([postgres?.stop(), gcs?.stop()])
})

test('a million rows stay under 300 MB of memory of the function', {
  skip: process.platform !== 'linux' && 'VmHWM is of Linux',
}, async () => {
  const bucket = await gcs.newBucket()
  const port = await freePort()
  const env = {
    PATH: process.env.PATH,
    FUNCTION_TARGET: 'batch-export',
    PORT: String(port),
    DATABASE_READER_URL: database.url,
    LAKE_BUCKET: bucket.name,
    GOOGLE_CLOUD_PROJECT: 'test-project',
    STORAGE_EMULATOR_HOST: gcs.url,
    DUCKDB_THREADS: '1',
    LOG_LEVEL: 'silent',
  }
  child = spawn(process.execPath, ['functions/serve.ts'], { cwd: root, env, stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  for (
    let tries = 0;
    !(await fetch(url)
      .then(({ ok }) => ok)
      .catch(() => false));
    tries++
  ) {
    assert.ok(tries < 200, 'the function does not answer')
    await sleep(50)
  }
  const response = await fetch(url, { method: 'POST', body: '{}' })
  const report = (await response.json()) as {
    rows: number
    tables: { visits: { parts: number; rows: number } }
  }
  assert.deepEqual([response.status, report.tables.visits.rows], [200, ROWS])
  const status = await readFile(join('/proc', String(child.pid), 'status'), 'utf8')
  const peak = Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) * 1024
  assert.ok(peak < 300e6, `${Math.round(peak / 1e6)} MB`)
})
