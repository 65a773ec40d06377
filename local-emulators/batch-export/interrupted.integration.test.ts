import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { type FakeGcs, startFakeGcs } from '@pipeline/functions/testing/fake-gcs.ts'
import pg from 'pg'
import { startTestPostgres, type TestDatabase, type TestPostgres } from '../producer/test-postgres.ts'
import { type Exporting, newExporting } from './harness.ts'

let postgres: TestPostgres
let gcs: FakeGcs
let database: TestDatabase
let exporting: Exporting

before(async () => {
  ;[postgres, gcs] = await Promise.all([startTestPostgres(), startFakeGcs()])
})
after(() => Promise.all([postgres?.stop(), gcs?.stop()]))
beforeEach(async () => {
  database = await postgres.createDatabase()
  exporting = await newExporting(await gcs.newBucket(), database.url)
})
afterEach(() => exporting.remove())

const patients = (first: number, last: number): Promise<unknown> =>
  database.query(
    `INSERT INTO patients (patient_id, full_name, contact_info)
     SELECT i, 'Patient ' || i, repeat('x', (i * 7 % 50)::int) FROM generate_series($1::int, $2::int) i`,
    [first, last],
  )
const has = { code: 'EXPORT_UNFINISHED' }

test('an export that was cut short goes on with the new snapshot and keeps only what is still so', async () => {
  await patients(1, 6000)
  await database.query(`INSERT INTO medicines (medicine_id, name, price) VALUES (1, 'M', 1)`)
  let parts = 0
  const tired = () => (++parts >= 12 ? Number.MAX_SAFE_INTEGER : 0)
  await assert.rejects(exporting.run({ deadline: 1e13, now: tired }), has)
  const left = (await exporting.names()).filter((name) => name.startsWith('exports/patients/'))
  assert.ok(left.length >= 5)
  assert.equal((await exporting.names()).filter((name) => /_manifest|_exports/.test(name)).length, 0)
  await database.query(`DELETE FROM patients WHERE patient_id IN (3, 500)`)
  await database.query(`UPDATE patients SET full_name = 'changed' WHERE patient_id = 700`)
  const report = await exporting.run()
  const { kept, parts: all } = report.tables.patients!
  assert.ok(kept! >= 2 && kept! < all, `${kept} of ${all} kept`)
  assert.ok(
    isDeepStrictEqual(
      await exporting.rows('patients', 'SELECT * FROM parts ORDER BY patient_id'),
      await inPostgres(),
    ),
  )
  const there = (await exporting.names()).filter((name) => /^exports\/patients\/.*parquet$/.test(name))
  assert.equal(there.length, all)
  assert.deepEqual(await exporting.leftovers(), [])
})

async function inPostgres(): Promise<unknown[]> {
  return database.query(
    `SELECT patient_id::text, full_name, date_of_birth::text, gender, blood_type, contact_info, insurance_id FROM patients ORDER BY patients.patient_id`,
  )
}

test('all tables are of one moment, whatever is written meanwhile; a truncate waits', async () => {
  await patients(1, 3000)
  await database.query(`INSERT INTO medicines (medicine_id, name, price) VALUES (1, 'M', 1)`)
  let truncating: Promise<unknown> | undefined
  const at = async () => {
    if (truncating) return
    await database.query(`INSERT INTO medicines (medicine_id, name, price) VALUES (2, 'N', 1)`)
    await patients(10_001, 10_100)
    truncating = database.query('TRUNCATE patients, visits, prescriptions, billing_payments')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  const report = await exporting.run({ at })
  await truncating
  assert.deepEqual([report.tables.patients!.rows, report.tables.medicines!.rows], [3000, 1])
  assert.equal((await database.query('SELECT 1 FROM patients')).length, 0)
})

test('one export a day unless asked again; what a crash left between record and manifests is mended', async () => {
  await patients(1, 100)
  const first = await exporting.run()
  await patients(101, 200)
  const second = await exporting.run()
  assert.deepEqual([second.made, second.id, second.rows], [false, first.id, 100])
  const manifest = `exports/patients/date=${first.day}/_manifest.json`
  const [text] = await exporting.bucket.file(manifest).download()
  await exporting.bucket.file(manifest).delete()
  await exporting.bucket
    .file(`exports/patients/date=${first.day}/stray.parquet`)
    .save('x', { resumable: false })
  await exporting.run()
  assert.deepEqual((await exporting.bucket.file(manifest).download())[0], text)
  assert.ok(!(await exporting.names()).some((name) => name.includes('stray')))
  const third = await exporting.run({}, true)
  assert.deepEqual([third.made, third.rows, third.tables.doctors!.kept], [true, 200, 1])
  const { tables } = await exporting.record()
  const parts = tables.flatMap((each) => each.parts.map(({ name }) => name))
  assert.deepEqual(
    (await exporting.names()).filter((name) => name.endsWith('.parquet')).toSorted(),
    parts.toSorted(),
  )
})

test('one export at a time, tables that are not there are said, a lost connection ends it', async () => {
  await patients(1, 3000)
  const holder = new pg.Client({ connectionString: database.url })
  await holder.connect()
  await holder.query('SELECT pg_advisory_lock(4815162342)')
  await assert.rejects(exporting.run(), { code: 'EXPORT_RUNNING', retry: 'backoff' })
  await holder.end()
  let killed = false
  const at = async () => {
    if (killed) return
    killed = true
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'batch-export'`,
    )
  }
  const tables = ['patients', 'medicines', 'no_such_table']
  await assert.rejects(exporting.run({ tables, at }), { code: 'DATABASE_UNAVAILABLE' })
  const report = await exporting.run({ tables })
  assert.deepEqual(
    [report.missing, Object.keys(report.tables)],
    [['no_such_table'], ['patients', 'medicines']],
  )
  const nowhere = { ...exporting.deps.store, create: () => Promise.reject(new Error('gone')) }
  await patients(3001, 3002)
  await assert.rejects(exporting.run({ store: nowhere }, true), /gone/)
  assert.deepEqual(await exporting.leftovers(), [])
})
