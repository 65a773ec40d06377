import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import type { ExportReport } from '@pipeline/functions/batch-export/export.ts'
import { openReader } from '@pipeline/functions/testing/publishing.ts'
import { callFunction } from '../commands/call-function.ts'
import { runStackDbt } from '../commands/dbt.ts'
import {
  assertEqual,
  bucket,
  loadAll,
  objectsUnder,
  reconcileNow,
  someone,
  sql,
  stack,
  storeOf,
} from './the-stack.ts'

/** Runs statements on a DuckDB file, as a careless person might. */
async function on(path: string, ...statements: string[]): Promise<void> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  try {
    for (const statement of statements) await connection.run(statement)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

const exportNow = () => callFunction<ExportReport>(stack, 'batch-export', { again: true })
const NAMES = 'SELECT patient_id, full_name FROM patients ORDER BY 1'

test('invariant 4: the published file is compared: a corrupted cell and a row that is gone are found by key', async () => {
  const { patient, doctor } = await sql(someone)
  await loadAll()
  assertEqual(await reconcileNow())
  await on(
    stack.publishedFile,
    `UPDATE patients SET full_name = 'Corrupted' WHERE patient_id = ${patient}`,
    `DELETE FROM doctors WHERE doctor_id = ${doctor}`,
  )
  const report = await reconcileNow()
  assert.deepEqual(storeOf(report, 'patients', 'published').keys, [`${patient} (changed)`])
  assert.deepEqual(storeOf(report, 'doctors', 'published').keys, [`${doctor} (missing)`])
  const wrong = report.tables.flatMap(({ table, stores }) =>
    stores.filter(({ status }) => status !== 'equal').map(({ store }) => `${table} ${store}`),
  )
  assert.deepEqual(wrong, ['doctors published', 'patients published'])
  assert.doesNotMatch(JSON.stringify(report), /Corrupted/)
  await loadAll()
  assertEqual(await reconcileNow())
})

test('a client keeps the published file open over a load; a file that is older is behind, not different', async () => {
  await runStackDbt(stack, ['build'], () => {})
  const reader = await openReader(stack.publishedFile)
  try {
    const before = await reader.rows(NAMES)
    await sql(someone)
    await loadAll()
    assert.deepEqual(await reader.rows(NAMES), before)
    const again = await openReader(stack.publishedFile)
    assert.equal((await again.rows(NAMES)).length, before.length + 1)
    assert.ok((await again.rows('SELECT 1 FROM marts.monthly_visit_stats')).length >= 0)
    again.close()
  } finally {
    reader.close()
  }
  await sql(someone)
  const report = await reconcileNow()
  assert.equal(storeOf(report, 'patients', 'published').status, 'behind')
  await loadAll()
  assertEqual(await reconcileNow())
})

test('invariant 4: an export equals its own snapshot, later changes or not; a corrupted part is found by key', async () => {
  const { patient, doctor } = await sql(someone)
  await loadAll()
  const { day, rows } = await exportNow()
  assert.ok(rows > 0)
  await sql(async (client) => {
    await client.query('UPDATE patients SET full_name = $1 WHERE patient_id = $2', ['Later', patient])
    await client.query('DELETE FROM doctors WHERE doctor_id = $1', [doctor])
  })
  await loadAll()
  const report = await reconcileNow()
  assertEqual(report)
  assert.match(storeOf(report, 'patients', 'exports').notes.join(), /^as of LSN .*; 1 changes since/)

  const folder = await mkdtemp(join(tmpdir(), 'corrupt-export-'))
  try {
    const [name] = (await objectsUnder(`exports/patients/date=${day}/`)).filter((each) =>
      each.endsWith('parquet'),
    )
    const [original] = await bucket.file(name!).download()
    const [from, to] = [join(folder, 'from.parquet'), join(folder, 'to.parquet')]
    await bucket.file(name!).download({ destination: from })
    const change = async (select: string): Promise<void> => {
      await on(':memory:', `COPY (${select.replace('parts', `'${from}'`)}) TO '${to}' (FORMAT parquet)`)
      await bucket.upload(to, { destination: name!, resumable: false })
    }
    // The export saw the name before the update, so the newer one is wrong there although PostgreSQL has it.
    await change(
      `SELECT * REPLACE (CASE WHEN patient_id = ${patient} THEN 'Later' ELSE full_name END AS full_name) FROM parts`,
    )
    const changed = storeOf(await reconcileNow(), 'patients', 'exports')
    assert.deepEqual([changed.status, changed.keys], ['different', [`${patient} (changed)`]])
    assert.match(changed.notes.join(), /is not what was exported/)
    await change(`SELECT * FROM parts WHERE patient_id <> ${patient}`)
    const gone = storeOf(await reconcileNow(), 'patients', 'exports')
    assert.deepEqual([gone.status, gone.keys], ['different', [`${patient} (missing)`]])
    await bucket.file(name!).delete()
    assert.match(storeOf(await reconcileNow(), 'patients', 'exports').notes.join(), /is gone/)
    await bucket.file(name!).save(original, { resumable: false })
    assertEqual(await reconcileNow())
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a lake that is wrong is not taken for a wrong export', async () => {
  const { medicine } = await sql(someone)
  await loadAll()
  await exportNow()
  for (const name of await objectsUnder('changes/medicines/')) {
    const [bytes] = await bucket.file(name).download()
    const text = gunzipSync(bytes).toString()
    const line = text.split('\n').find((each) => each.includes(`"key":{"medicine_id":${medicine}}`))
    if (!line) continue
    const corrupted = text.replace(line, line.replace('"name":"M"', '"name":"X"'))
    await bucket.file(name).save(gzipSync(corrupted), { resumable: false })
    const report = await reconcileNow()
    assert.deepEqual(storeOf(report, 'medicines', 'lake').keys, [`${medicine} (changed)`])
    assert.equal(storeOf(report, 'medicines', 'exports').status, 'equal')
    await bucket.file(name).save(bytes, { resumable: false })
    assertEqual(await reconcileNow())
    return
  }
  assert.fail('the change is not in the lake')
})
