import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { appendFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Bucket } from '@google-cloud/storage'
import { gcsLake } from '@pipeline/functions/lake/gcs.ts'
import { keepReport } from '@pipeline/functions/reconcile/keep.ts'
import { type FakeGcs, startFakeGcs } from '@pipeline/functions/testing/fake-gcs.ts'
import { disturbed } from './testing/database.ts'
import { hospitalCase, MARKER } from './testing/hospital-case.ts'
import { appendChanges, textRows } from './testing/raw-file.ts'
import { type RunDbtProcess, startRunDbt, unpack } from './testing/run-dbt-process.ts'

const SECRET = 'a secret of this test, which nobody may see'
const db = hospitalCase()
let gcs: FakeGcs
let bucket: Bucket
let dir: string
let path: string
let it: RunDbtProcess

const environment = (): Record<string, string> => ({
  WAREHOUSE: 'duckdb',
  DUCKDB_PATH: path,
  DUCKDB_LOCK_WAIT_SECONDS: '2',
  GOOGLE_CLOUD_PROJECT: 'test-project',
  LAKE_BUCKET: bucket.name,
  STORAGE_EMULATOR_HOST: gcs.url,
  PSEUDONYM_KEY: SECRET,
  DBT_STATE_DIR: join(dir, 'state'),
})
const names = async (prefix: string): Promise<string[]> =>
  (await bucket.getFiles({ prefix }))[0].map(({ name }) => name)
const runs = () =>
  textRows(path, 'SELECT kind, status, failed, message FROM marts.pipeline_runs ORDER BY kind, finished_at')

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'run-dbt-'))
  path = join(dir, 'warehouse.duckdb')
  gcs = await startFakeGcs()
  bucket = await gcs.newBucket()
  await appendChanges(path, disturbed(db.changes, 3), '2026-06-15T02:00:00Z')
  await bucket.file('dead-letters/relay/date=20260601/postgres-source.public.visits-0-17.json').save('{}')
  await bucket.file('dead-letters/oltp-sink/date=20260601/x.json').save('{}')
  const store = { store: 'lake' as const, rows: 2, behindBy: 0, differingKeys: 0, keys: [], notes: [] }
  await keepReport(gcsLake(bucket), {
    ...{ status: 'behind', lsn: '0/1', at: '2026-06-15T02:00:00.000Z', captureBehindBytes: 0 },
    ...{ deadLetters: 2, notes: [], seconds: 1 },
    tables: [{ table: 'visits', rows: 60, notCompared: [], stores: [{ ...store, status: 'behind' }] }],
  })
  await unpack(join(dir, 'function'))
  it = await startRunDbt(join(dir, 'function'), environment())
})
after(async () => {
  await it?.stop()
  await gcs?.stop()
  await rm(dir, { recursive: true, force: true })
})

test('POST builds the marts with their tests, and puts artifacts and docs into the bucket', async () => {
  const { status, report } = await it.post({})
  assert.equal(status, 200, JSON.stringify(report.failed))
  assert.ok(report.ok && report.docs && report.results.length > 350)
  assert.deepEqual(report.args, ['build', '--full-refresh'])
  const [page] = await bucket.file('dbt/docs/index.html').download()
  assert.match(page.toString('latin1'), /<html/)
  assert.equal((await names('dbt/runs/')).length, 2)
  assert.match((await names('dbt/runs/'))[1]!, /^dbt\/runs\/date=\d{8}\/\d{8}T\d+Z\/run_results\.json$/)
})

test("the pipeline's health has the run, the last reconcile and the dead letters", async () => {
  assert.deepEqual(await runs(), [
    { kind: 'dbt', status: 'ok', failed: '0', message: '' },
    { kind: 'reconcile', status: 'behind', failed: '0', message: '' },
  ])
  const health = await textRows(
    path,
    `SELECT table_name, dead_letters, last_reconcile_status AS status, last_reconcile_rows AS n
     FROM marts.pipeline_health WHERE dead_letters > 0 OR last_reconcile_status IS NOT NULL ORDER BY 1`,
  )
  assert.deepEqual(health, [
    { table_name: '(other)', dead_letters: '1', status: null, n: null },
    { table_name: 'visits', dead_letters: '1', status: 'behind', n: '60' },
  ])
  const until = await textRows(
    path,
    `SELECT table_name, loaded_until = (SELECT max("loadedAt") FROM raw.visits_changes) AS whole
     FROM marts.pipeline_health WHERE table_name IN ('visits', '(other)') ORDER BY 1`,
  )
  assert.deepEqual(until, [
    { table_name: '(other)', whole: null },
    { table_name: 'visits', whole: 'true' },
  ])
})

test('the next run takes only what is new, and does not write the docs again', async () => {
  const { status, report } = await it.post({})
  assert.equal(status, 200)
  assert.deepEqual([report.args, report.docs], [['build'], false])
  assert.equal((await runs()).filter(({ kind }) => kind === 'dbt').length, 2)
  assert.equal((await runs()).filter(({ kind }) => kind === 'reconcile').length, 1)
})

test('a test that fails is an error, what depends on it stays, and no value is told', async () => {
  const visit = db.changes.findLast(({ table, row }) => table === 'visits' && row !== null)!
  const planted = { ...visit, row: { ...visit.row!, total_cost: `12.3${MARKER}` } }
  await appendChanges(
    path,
    [{ ...planted, sequence: visit.sequence.replace(/^0/, '1') }],
    '2026-06-16T02:00:00Z',
  )
  const before = await textRows(path, 'SELECT count(*) AS n, sum(total_cost) AS c FROM marts.patient_journey')
  const { status, report } = await it.post({})
  assert.equal(status, 500)
  assert.deepEqual([report.code, report.failed], ['DBT_FAILED', ['values_are_exact_base_visits']])
  assert.ok(report.skipped > 50)
  const now = await textRows(path, 'SELECT count(*) AS n, sum(total_cost) AS c FROM marts.patient_journey')
  assert.deepEqual(now, before)
  assert.equal((await runs()).filter((run) => run.status === 'failed' && run.failed === '1').length, 1)
  const logged = it
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
  const said = logged.map((line) => JSON.parse(line)).find(({ message }) => message === 'dbt failed')
  assert.deepEqual([said?.severity, said?.failed], ['ERROR', ['values_are_exact_base_visits']])
  assert.ok(!`${it.output()}${JSON.stringify(report)}`.includes(MARKER))
  for (const name of await names('dbt/')) {
    const [content] = await bucket.file(name).download()
    assert.ok(!content.includes(MARKER) && !content.includes(SECRET), name)
  }
})

test('a changed model has the whole warehouse built anew', async () => {
  await textRows(path, 'FROM marts.pipeline_runs')
  await appendFile(join(dir, 'function/dbt/models/marts/patient_ages.sql'), '-- another\n')
  const { report } = await it.post({ args: ['run', '--select', 'staging'] })
  assert.deepEqual([report.ok, report.args], [true, ['run', '--select', 'staging', '--full-refresh']])
})

test('what is no request is refused', async () => {
  for (const args of [
    ['show'],
    [],
    ['build', '--target', 'other'],
    ['build', 1],
    ['run', '--profiles-dir=/x'],
  ]) {
    const { status, report } = await it.post({ args })
    assert.deepEqual([status, report.code], [400, 'REQUEST_INVALID'], JSON.stringify(args))
  }
  const status = async (init: RequestInit) => (await fetch(it.url, init)).status
  assert.equal(await status({ method: 'POST', body: '[' }), 400)
  assert.equal(await status({ method: 'POST', body: '[]' }), 400)
  assert.equal(await status({ method: 'DELETE' }), 405)
})

test('lines come as dbt works where they are asked for, the report last', async () => {
  const response = await fetch(it.url, {
    method: 'POST',
    headers: { accept: 'application/x-ndjson' },
    body: JSON.stringify({ args: ['run', '--select', 'load_watermark', 'run_day'] }),
  })
  const lines = (await response.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(lines.flatMap(({ node }) => node ?? []).sort(), ['load_watermark', 'run_day'])
  assert.equal(lines.at(-1).report.ok, true)
})

test('another process with the file is waited for, then said', async (t) => {
  const code = `import { DuckDBInstance } from '@duckdb/node-api'
    const held = await DuckDBInstance.create(${JSON.stringify(path)})
    console.log('held')
    setTimeout(() => { held.closeSync(); process.exit(0) }, 60_000)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', code], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.after(() => holder.kill('SIGKILL'))
  await new Promise((resolve) => holder.stdout.once('data', resolve))
  const { status, report } = await it.post({})
  assert.deepEqual([status, report.code], [503, 'WAREHOUSE_UNAVAILABLE'])
  assert.match(String(report.message), /another process has the file/)
})

test('wrong settings end it, each by its name', async () => {
  const wrong = { ...environment(), WAREHOUSE: 'paper', PSEUDONYM_KEY: 'short', LAKE_BUCKET: '' }
  await assert.rejects(startRunDbt(join(dir, 'function'), wrong), (error: Error) => {
    for (const said of ['WAREHOUSE is not valid', 'PSEUDONYM_KEY is not valid', 'LAKE_BUCKET is missing'])
      assert.ok(error.message.includes(said), said)
    return !error.message.includes('paper')
  })
})
