import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { gcsLake } from '@pipeline/functions/lake/gcs.ts'
import { loadTables } from '@pipeline/functions/loader/load.ts'
import { bigqueryChanges } from '@pipeline/functions/reconcile/bigquery-changes.ts'
import { bigqueryVisible } from '@pipeline/functions/reconcile/bigquery-sql.ts'
import { comparable } from '@pipeline/functions/reconcile/columns.ts'
import { listChanges } from '@pipeline/functions/reconcile/lake-changes.ts'
import { openSnapshot } from '@pipeline/functions/reconcile/postgres.ts'
import type { TableReport } from '@pipeline/functions/reconcile/report.ts'
import { reconcileTable } from '@pipeline/functions/reconcile/table.ts'
import { parseSnapshot, visibleSql } from '@pipeline/functions/reconcile/visibility.ts'
import { batchOf, visitChange } from '@pipeline/functions/testing/batches.ts'
import { type BigqueryEmulator, startBigquery } from '@pipeline/functions/testing/bqemulator.ts'
import { type FakeGcs, startFakeGcs } from '@pipeline/functions/testing/fake-gcs.ts'
import { newBigqueryLoading } from '@pipeline/functions/testing/loading.ts'
import { logBook, outbox } from '@pipeline/functions/testing/serving.ts'
import { Jobs } from '@pipeline/functions/warehouse/bigquery/jobs.ts'
import { bigqueryWarehouse } from '@pipeline/functions/warehouse/bigquery/warehouse.ts'
import { withDatabase } from '@pipeline/functions/warehouse/duckdb-file.ts'
import { findTable } from '@pipeline/hospital/catalog.ts'
import type { ChangeRecord, Row } from '@pipeline/hospital/change.ts'
import { startTestPostgres, type TestDatabase, type TestPostgres } from '../producer/test-postgres.ts'

let gcs: FakeGcs
let emulator: BigqueryEmulator
let postgres: TestPostgres
let folder: string

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reconcile-bigquery-'))
  ;[gcs, emulator, postgres] = await Promise.all([startFakeGcs(), startBigquery(), startTestPostgres()])
})
after(async () => {
  await Promise.allSettled([gcs?.stop(), emulator?.stop(), postgres?.stop()])
  await rm(folder, { recursive: true, force: true })
})

const KEYS = 600
const rowOf = (id: number): Row => ({
  patient_id: id,
  full_name: ["Zoë O'Neil", '漢字 "quoted" \\ back', 'עברית 😀', 'a\tb\nc'][id % 4]!,
  date_of_birth: id % 5 === 0 ? null : `19${String(10 + (id % 90)).padStart(2, '0')}-02-28`,
  gender: id % 7 === 0 ? '' : 'Female',
  blood_type: id % 3 === 0 ? null : 'AB+',
  contact_info: null,
  insurance_id: `${id}:~`,
})

async function insertPatients(database: TestDatabase): Promise<void> {
  const rows = Array.from({ length: KEYS }, (_, index) => rowOf(index + 1))
  await database.query(
    'INSERT INTO patients SELECT * FROM jsonb_populate_recordset(NULL::patients, $1::jsonb)',
    [JSON.stringify(rows)],
  )
}

/** What led there: old contents first, deletes, a truncate before all, and a change that came after the snapshot. */
function history(unseen: number): ChangeRecord[] {
  const change = (offset: number, given: Partial<ChangeRecord>) =>
    visitChange(offset, { table: 'patients', txId: null, committedAt: new Date().toISOString(), ...given })
  const of = (id: number) => ({ key: { patient_id: id } })
  const changes = [
    change(0, { ...of(9_000), row: { ...rowOf(9_000), patient_id: 9_000 } }),
    change(1, { op: 't', key: null, row: null }),
    change(2, { ...of(9_001), row: { ...rowOf(1), patient_id: 9_001 } }),
    change(3, { ...of(9_001), op: 'd', row: null }),
    change(4, { ...of(17), row: { ...rowOf(17), full_name: 'before' } }),
  ]
  for (let id = 1; id <= KEYS; id++) changes.push(change(4 + id, { ...of(id), row: rowOf(id) }))
  changes.push(
    change(5 + KEYS, { ...of(18), op: 'u', row: { ...rowOf(18), full_name: 'after' }, txId: unseen }),
  )
  return changes
}

test('invariant 4: BigQuery is compared with PostgreSQL, and one wrong cell is found by its key', async (t) => {
  const database = await postgres.createDatabase()
  await insertPatients(database)
  const bucket = await gcs.newBucket()
  const lake = gcsLake(bucket)
  const source = await openSnapshot(database.url)
  t.after(() => source.close())
  const snapshot = parseSnapshot(source.transactions)
  const changes = history(Number(snapshot.xmax % 4_294_967_296n))
  const loading = await newBigqueryLoading(bucket, emulator, emulator.newDatasets())
  t.after(() => loading.remove())
  const days = Map.groupBy(changes, ({ committedAt }) => committedAt.slice(0, 10))
  for (const each of days.values()) await loading.put(batchOf(each))

  const { bigquery } = emulator
  const datasets = emulator.newDatasets()
  const tables = [findTable('patients')!]
  const warehouse = bigqueryWarehouse({
    bigquery,
    datasets,
    tables,
    loadsPerDay: 100,
    timeoutMs: 30_000,
    pauseMs: 5,
  })
  const stored = bigqueryChanges(new Jobs(bigquery, { timeoutMs: 30_000, pauseMs: 5 }), datasets.raw)
  let travelled = 0
  const counted: typeof stored = {
    ...stored,
    async *rows(...given) {
      for await (const page of stored.rows(...given)) {
        travelled += page.length
        yield page
      }
    },
  }
  const { compared, notCompared } = comparable(await source.columns('patients'))
  assert.deepEqual(notCompared, [])
  const compare = async (): Promise<TableReport['stores']> => {
    travelled = 0
    const file = {
      path: join(folder, `${Math.random()}.duckdb`),
      memoryLimit: '256MB',
      threads: 1,
      lockWaitMs: 0,
    }
    const { stores } = await withDatabase(file, async (db) =>
      reconcileTable({
        db,
        source,
        lake,
        table: 'patients',
        columns: compared,
        notCompared,
        objects: await listChanges(lake, 'patients'),
        ends: [{ topic: changes[0]!.topic, partition: 0, low: 0, end: changes.length }],
        deadLetters: { total: 0, offsets: new Map() },
        captured: true,
        visible: visibleSql(snapshot, source.at),
        warehouse: false,
        bigquery: { changes: counted, visible: bigqueryVisible(snapshot, source.at) },
        current: [],
        memoryLimit: '512MB',
        tempRoot: folder,
      }),
    )
    return stores.filter(({ store }) => store !== 'exports')
  }
  const state = (stores: TableReport['stores']) =>
    stores.map(({ store, status, rows, keys }) => [store, status, rows, keys])

  const lakeIsEqual = ['lake', 'equal', KEYS, []]
  assert.deepEqual(state(await compare()), [lakeIsEqual, ['bigquery', 'behind', 0, []]])
  const deps = { ...loading.deps, warehouse, deadLetters: outbox(), log: logBook() }
  const report = await loadTables(deps, ['patients'], Date.now() + 60_000)
  assert.equal(report.totals.rows, changes.length)
  assert.deepEqual(state(await compare()), [lakeIsEqual, ['bigquery', 'equal', KEYS, []]])
  assert.equal(travelled, 0)

  const log = `${datasets.raw}.patients_changes`
  const run = async (query: string) => {
    const [job] = await bigquery.createQueryJob({ query })
    const [metadata] = await job.getMetadata()
    assert.equal(metadata.status.errorResult, undefined)
  }
  await run(`UPDATE ${log} SET \`row\` = PARSE_JSON(REPLACE(TO_JSON_STRING(\`row\`), '"17:~"', '"17:-"'))
    WHERE row_key = '17' AND JSON_VALUE(\`row\`, '$.full_name') <> 'before'`)
  assert.deepEqual(state(await compare()), [lakeIsEqual, ['bigquery', 'different', KEYS, ['17 (changed)']]])
  assert.ok(travelled > 0 && travelled <= 3, `${travelled} rows travelled`)

  await run(`DELETE FROM ${log} WHERE row_key = '300'`)
  await run(`INSERT INTO ${log} (\`table\`, op, key, \`row\`, row_key, sequence, committedAt, capturedAt, topic, \`partition\`, \`offset\`, loadedAt)
    SELECT \`table\`, op, key, \`row\`, '-5', sequence, committedAt, capturedAt, topic, \`partition\`, 9999, loadedAt
    FROM ${log} WHERE row_key = '20'`)
  const [, bigqueryStore] = await compare()
  assert.deepEqual(bigqueryStore!.keys.toSorted(), ['-5 (extra)', '17 (changed)', '300 (missing)'])
})
