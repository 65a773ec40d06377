import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { toNdjson } from '@pipeline/hospital/change.ts'
import { batchOf, visitChange, visitChanges } from '../testing/batches.ts'
import { type FakeGcs, startFakeGcs } from '../testing/fake-gcs.ts'
import { counts, type Loading, newLoading, totals, upTo } from '../testing/loading.ts'

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

test('invariant 2: twice is once: a load that comes again finds nothing to do', async () => {
  await it.put(batchOf(visitChanges(0, 9)), { count: '10' })
  await it.put(batchOf(visitChanges(10, 19)))
  assert.deepEqual(totals(await it.load()), counts(2, 20))
  assert.deepEqual(totals(await it.load()), counts(0, 0))
  await it.put(batchOf(visitChanges(20, 20)))
  assert.deepEqual(totals(await it.load()), counts(1, 1))
  assert.deepEqual(await it.offsets(), upTo(0, 20))
})

test('invariant 2: twice is once: batches cut elsewhere add only the offsets that are not there', async () => {
  const cuts: [number, number][] = [
    [5, 14],
    [0, 9],
    [0, 19],
    [19, 25],
    [7, 7],
  ]
  for (const [first, last] of cuts.slice(0, 2)) await it.put(batchOf(visitChanges(first, last)))
  assert.deepEqual(totals(await it.load()), counts(2, 15, 5))
  for (const [first, last] of cuts.slice(2)) await it.put(batchOf(visitChanges(first, last)))
  assert.deepEqual(totals(await it.load()), counts(3, 11, 17))
  assert.deepEqual(await it.offsets(), upTo(0, 25))
  const ledger = await it.ledger()
  assert.equal(
    ledger.reduce((sum, { rows }) => sum + Number(rows), 0),
    26,
  )
})

test('invariant 2: a range inside one that is loaded, and one around it', async () => {
  await it.put(batchOf(visitChanges(10, 19)))
  await it.load()
  await it.put(batchOf(visitChanges(13, 14)))
  assert.deepEqual(totals(await it.load()), counts(1, 0, 2))
  await it.put(batchOf(visitChanges(0, 29)))
  assert.deepEqual(totals(await it.load()), counts(1, 20, 10))
  assert.deepEqual(await it.offsets(), upTo(0, 29))
})

test('a load that is too large for one transaction is carried out in parts', async () => {
  for (let first = 0; first < 100; first += 10) await it.put(batchOf(visitChanges(first, first + 9)))
  let applied = 0
  const at = (point: string) => {
    if (point === 'applied') applied++
  }
  const limits = { objects: 500, bytes: 1024 * 1024, stagedBytes: 1 }
  assert.deepEqual(totals(await it.load({ limits, at })), counts(10, 100))
  assert.equal(applied, 3)
  assert.deepEqual(await it.offsets(), upTo(0, 99))
})

test('the same offsets of another partition and of another topic are other changes', async () => {
  await it.put(batchOf(visitChanges(0, 4)))
  await it.put(batchOf(visitChanges(0, 4, { partition: 1 })))
  await it.put(batchOf(visitChanges(2, 4, { topic: 'restored.public.visits' })))
  assert.deepEqual(totals(await it.load()), counts(3, 13))
  await it.put(batchOf(visitChanges(0, 9, { topic: 'restored.public.visits' })))
  await it.put(batchOf(visitChanges(3, 9, { partition: 1 })))
  assert.deepEqual(totals(await it.load()), counts(2, 12, 5))
})

test('invariant 3: order does not matter: late objects of an early day and lower offsets are loaded', async () => {
  await it.put(batchOf(visitChanges(100, 109)))
  await it.load()
  await it.put(batchOf(visitChanges(50, 59, { committedAt: '2023-12-31T23:59:59.999Z' })))
  assert.deepEqual(totals(await it.load()), counts(1, 10))
  assert.deepEqual(await it.offsets(), [...upTo(50, 59), ...upTo(100, 109)])
})

test('an object that is written again is read again, and only offsets that are not there are added', async () => {
  const batch = batchOf(visitChanges(0, 9))
  await it.put(batch)
  assert.deepEqual(totals(await it.load()), counts(1, 10))
  await it.put(batch)
  assert.deepEqual(totals(await it.load()), counts(1, 0, 10))
  assert.deepEqual(totals(await it.load()), counts(0, 0))
  const gap = [visitChange(20), visitChange(29)]
  await it.put(batchOf(gap))
  assert.deepEqual(totals(await it.load()), counts(1, 2))
  await it.put({ name: batchOf(gap).name, data: gzipSync(toNdjson(visitChanges(20, 29))) })
  assert.deepEqual(totals(await it.load()), counts(1, 8, 2))
  assert.deepEqual(await it.offsets(), [...upTo(0, 9), ...upTo(20, 29)])
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

test('a load ends when its time is up, says so, and the next goes on', async () => {
  for (let first = 0; first < 50; first += 10) await it.put(batchOf(visitChanges(first, first + 9)))
  let clock = Date.now()
  const limits = { objects: 2, bytes: 1024 * 1024, stagedBytes: 1024 * 1024 }
  const now = () => clock
  const at = (point: string) => {
    if (point === 'applied') clock += 600_001
  }
  const first = await it.load({ limits, now, at })
  assert.deepEqual(totals(first), counts(2, 20))
  assert.equal(first.more, true)
  const second = await it.load({ limits })
  assert.deepEqual([totals(second), second.more], [counts(3, 30), false])
})

test('a lake that does not answer stops its table with an error, and the next load mends it', async () => {
  await it.put(batchOf(visitChanges(0, 9)))
  const open = async () => {
    throw new Error('Erika')
  }
  const failed = await it.load({ lake: { ...it.deps.lake, open } })
  assert.equal(failed.tables.visits!.more, true)
  assert.ok(failed.tables.visits!.error)
  assert.doesNotMatch(JSON.stringify(failed), /Erika/)
  assert.deepEqual(totals(await it.load()), counts(1, 10))
})
