import assert from 'node:assert/strict'
import { openSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { DuckDBInstance } from '@duckdb/node-api'
import { gcsLake } from '@pipeline/functions/lake/gcs.ts'
import { newCompacting } from '@pipeline/functions/testing/compacting.ts'
import { type FakeGcs, startFakeGcs } from '@pipeline/functions/testing/fake-gcs.ts'
import { OPERATIONS, sessions } from './expected-windows.ts'
import { startHere } from './run-here.ts'
import { simulatedChanges, storeChanges } from './simulated-lake.ts'

let gcs: FakeGcs
let folder: string
let bucket: string
const lines: string[] = []

before(async () => {
  gcs = await startFakeGcs()
  folder = await mkdtemp(join(tmpdir(), 'windows-'))
  const lake = await gcs.newBucket()
  bucket = lake.name
  const changes = simulatedChanges({
    operations: 4000,
    seed: 7,
    from: new Date('2026-03-02T21:59:00Z'),
    stepMs: 17_000,
  })
  await storeChanges(gcsLake(lake), changes)
  // Lines as they lie in the lake, before compaction joins those of visits to Parquet.
  const [files] = await lake.getFiles({ prefix: 'changes/' })
  for (const file of files) {
    const [data] = await file.download({ decompress: false })
    lines.push(...gunzipSync(data).toString().trimEnd().split('\n'))
  }
  assert.equal(lines.length, changes.length)
  const compacting = await newCompacting(lake)
  await compacting.compact()
  await compacting.remove()
  assert.ok((await compacting.names()).some((name) => name.endsWith('.parquet')))
})
after(async () => {
  await gcs.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Runs a pipeline over the lake; gives what it wrote. */
async function run(template: string, parameters: Record<string, string>): Promise<Record<string, unknown>[]> {
  const output = join(folder, template)
  const topic = 'projects/hospital-test/topics/none'
  const log = openSync(join(folder, `${template}.log`), 'a')
  const place = { projectId: 'hospital-test', pubsubHost: '127.0.0.1:1', gcsEndpoint: gcs.url }
  const given = {
    history: `gs://${bucket}`,
    output,
    insights_topic: topic,
    dead_letter_topic: topic,
    ...parameters,
  }
  const { done } = await startHere(place, template, given, log)
  await done.catch(async (error: unknown) => {
    throw new Error((await readFile(join(folder, `${template}.log`), 'utf8')).slice(-3000), { cause: error })
  })
  const names = (await readdir(folder)).filter(
    (name) => name.startsWith(template) && name.endsWith('.ndjson'),
  )
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))
  return texts
    .flatMap((text) => text.split('\n').filter((line) => line !== ''))
    .map((line) => JSON.parse(line) as never)
}

/** The same by SQL over the very lines of the lake's objects. */
async function bySql<T>(query: string): Promise<T[]> {
  const file = join(folder, 'changes.ndjson')
  await writeFile(file, `${lines.join('\n')}\n`)
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  try {
    await connection.run(`CREATE TABLE changes AS SELECT * FROM read_json('${file}', format = 'newline_delimited',
      columns = {"table": 'VARCHAR', op: 'VARCHAR', "key": 'JSON', "row": 'JSON', sequence: 'VARCHAR', "committedAt": 'VARCHAR'})`)
    return (await connection.runAndReadAll(query)).getRowObjectsJson() as T[]
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

const micros = (text: unknown): string => String(BigInt(Date.parse(String(text))) * 1000n)
const byText = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort()

test('operations-5m over the objects of the lake equals SQL over the same lines', async () => {
  const expected = await bySql<Record<string, unknown>>(OPERATIONS)
  const found = await run('operations-5m', {})
  const rows = found.map((row) => ({
    department: row.department,
    size: row.size,
    start: micros(row.windowStart),
    visits: row.visits,
    cancelled: row.visitsCancelled,
    issued: row.billsIssued,
    waiting: row.waitingBills,
    cents: String(row.revenue)
      .replace('.', '')
      .replace(/^(-?)0+(?=\d)/, '$1'),
    diagnoses: row.topDiagnoses,
  }))
  const wanted = expected.map((row) => ({ ...row, diagnoses: JSON.parse(String(row.diagnoses)) }))
  assert.ok(wanted.length > 300, `${wanted.length} windows are too few`)
  assert.ok(found.every(({ revision }) => revision === 1))
  assert.deepEqual(byText(rows), byText(wanted))
})

test('activity-sessions over the objects of the lake equals SQL over the same lines', async () => {
  const expected = await bySql<Record<string, unknown>>(sessions(90))
  const kinds = 'visits:visits,billing_payments:bills,prescriptions:prescriptions'
  const found = await run('activity-sessions', { gap_minutes: '90', kinds })
  const rows = found.map((row) => ({
    patient: String(row.patientId),
    start: micros(row.start),
    until: micros(row.end),
    changes: row.changes,
    visits: row.visits,
    bills: row.bills,
    prescriptions: row.prescriptions,
  }))
  assert.ok(expected.length > 300, `${expected.length} sessions are too few`)
  assert.deepEqual(byText(rows), byText(expected))
})
