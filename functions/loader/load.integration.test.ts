import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { batchOf, visitChange, visitChanges } from '../testing/batches.ts'
import { type FakeGcs, startFakeGcs } from '../testing/fake-gcs.ts'
import { counts, type Loading, newLoading, totals, upTo } from '../testing/loading.ts'
import { loadingCases } from './loading.cases.ts'

let gcs: FakeGcs
let it: Loading

before(async () => {
  gcs = await startFakeGcs()
})
beforeEach(async () => {
  it = await newLoading(await gcs.newBucket())
})
afterEach(async () => {
  assert.deepEqual(await it.leftovers(), [])
  await it.remove()
})
after(() => gcs.stop())

loadingCases(() => it)

test('a change becomes a row with the fields of its record', async () => {
  const changes = [
    visitChange(0),
    visitChange(1, { op: 'd', row: null }),
    visitChange(2, { op: 't', key: null, row: null, txId: null }),
  ]
  await it.put(batchOf(changes))
  const report = await it.load()
  assert.deepEqual(totals(report), counts(1, 3))
  assert.equal(report.more, false)
  const rows = await it.rows(
    'SELECT * EXCLUDE ("loadedAt"), "loadedAt" <= now() AS loaded FROM raw.visits_changes ORDER BY "offset"',
  )
  const common = {
    table: 'visits',
    committedAt: '2024-03-05 10:20:30.123+00',
    capturedAt: '2024-03-05 10:20:31.456+00',
    topic: 'postgres-source.public.visits',
    partition: 0,
    loaded: true,
  }
  const row = '{"visit_id":0,"patient_id":7,"diagnosis":"J45 Asthma","total_cost":"120.50"}'
  const [first, second, third] = changes.map(({ sequence }) => sequence)
  assert.deepEqual(rows, [
    {
      ...common,
      op: 'c',
      key: '{"visit_id":0}',
      row,
      row_key: '0',
      sequence: first,
      txId: '900',
      offset: '0',
    },
    {
      ...common,
      op: 'd',
      key: '{"visit_id":1}',
      row: null,
      row_key: '1',
      sequence: second,
      txId: '901',
      offset: '1',
    },
    { ...common, op: 't', key: null, row: null, row_key: null, sequence: third, txId: null, offset: '2' },
  ])
  const types =
    await it.rows(`SELECT string_agg(column_name || ' ' || data_type, ', ' ORDER BY column_index) AS t
    FROM duckdb_columns() WHERE table_name = 'visits_changes'`)
  assert.equal(
    types[0]!.t,
    'table VARCHAR, op VARCHAR, key JSON, row JSON, row_key VARCHAR, sequence VARCHAR, txId BIGINT, ' +
      'committedAt TIMESTAMP WITH TIME ZONE, capturedAt TIMESTAMP WITH TIME ZONE, topic VARCHAR, partition INTEGER, ' +
      'offset BIGINT, loadedAt TIMESTAMP WITH TIME ZONE',
  )
})

test('loads at once double nothing', async () => {
  for (let first = 0; first < 200; first += 10) await it.put(batchOf(visitChanges(first, first + 9)))
  const limits = { objects: 3, bytes: 1024 * 1024, stagedBytes: 1024 * 1024 }
  const reports = await Promise.all([it.load({ limits }), it.load({ limits }), it.load({ limits })])
  assert.deepEqual(await it.offsets(), upTo(0, 199))
  assert.equal(
    reports.reduce((sum, report) => sum + report.totals.rows, 0),
    200,
  )
  assert.deepEqual(totals(await it.load()), counts(0, 0))
})

test('a load is newer than every one before it, also when the clock goes back', async () => {
  await it.put(batchOf(visitChanges(0, 9)))
  await it.load()
  await it.rows(`UPDATE raw.visits_changes SET "loadedAt" = now() + INTERVAL 1 HOUR`)
  await it.put(batchOf(visitChanges(10, 19)))
  await it.load()
  const [times] = await it.rows(`SELECT max("loadedAt") FILTER (WHERE "offset" < 10) < min("loadedAt")
    FILTER (WHERE "offset" >= 10) AS later FROM raw.visits_changes`)
  assert.equal(String(times!.later), 'true')
})
