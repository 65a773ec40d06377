import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { batchOf, visitChange, visitChanges } from '../testing/batches.ts'
import { type BigqueryEmulator, startBigquery } from '../testing/bqemulator.ts'
import { type FakeGcs, startFakeGcs } from '../testing/fake-gcs.ts'
import { counts, type LoadingOf, newBigqueryLoading, totals, upTo } from '../testing/loading.ts'
import type { Datasets } from '../warehouse/bigquery/ensure.ts'
import { brokenCases } from './broken.cases.ts'
import { carryOut } from './group.ts'
import { loadingCases } from './loading.cases.ts'

let gcs: FakeGcs
let emulator: BigqueryEmulator
let it: LoadingOf
let datasets: Datasets
let crashAt: string | undefined
let between: (() => Promise<unknown>) | undefined

before(async () => {
  gcs = await startFakeGcs()
  emulator = await startBigquery()
})
beforeEach(async () => {
  crashAt = undefined
  between = undefined
  datasets = emulator.newDatasets()
  it = await newBigqueryLoading(await gcs.newBucket(), emulator, datasets, async (point) => {
    if (point === crashAt) throw new Error('killed')
    const work = between
    between = undefined
    if (point === 'loaded') await work?.()
  })
})
afterEach(async () => {
  assert.deepEqual(await it.leftovers(), [])
  await it.remove()
})
after(async () => {
  await gcs.stop()
  await emulator?.stop()
})

loadingCases(() => it)
brokenCases(() => it)

for (const point of ['loaded', 'inserted']) {
  test(`invariant 2: twice is once: a load to BigQuery that ends when ${point} is taken up again whole`, async () => {
    await it.put(batchOf(visitChanges(0, 9)))
    await it.put(batchOf(visitChanges(5, 14)))
    crashAt = point
    const failed = await it.load()
    assert.ok(failed.tables.visits!.error)
    assert.deepEqual(await it.offsets(), point === 'loaded' ? [] : upTo(0, 14))
    crashAt = undefined
    assert.deepEqual(totals(await it.load()), point === 'loaded' ? counts(2, 15, 5) : counts(0, 0))
    assert.deepEqual(await it.offsets(), upTo(0, 14))
    assert.ok((await it.ledger()).every(({ state }) => state === 'done'))
    const [left] = await emulator.bigquery.dataset(datasets.loads).getTables()
    assert.equal(left.length, point === 'loaded' ? 0 : 1)
  })
}

test('invariant 2: a load that another one overtakes before its transaction doubles nothing', async () => {
  const other = await newBigqueryLoading(it.bucket, emulator, datasets)
  await it.put(batchOf(visitChanges(0, 9)))
  between = async () => {
    await it.put(batchOf(visitChanges(5, 14)))
    const [fresh] = [...(await allOf(it.deps.lake.list('changes/visits/')))].filter(({ name }) =>
      name.includes('05-0'),
    )
    const plan = (await other.deps.warehouse.plan('visits', [fresh!]))!
    await carryOut(other.deps, plan)
  }
  assert.deepEqual(totals(await it.load()).rows, 5)
  assert.deepEqual(await it.offsets(), upTo(0, 14))
  await other.remove()
})

test('invariant 4: a change becomes a row of BigQuery with the fields of its record', async () => {
  const diagnosis = '"quoted" \\ \n\t Ωμέγα 漢字 😀 O\'Neil; --'
  const row = { visit_id: 0, diagnosis, total_cost: '120.50', note: null, big: '99999999999999999999.10' }
  const changes = [
    visitChange(0, { row }),
    visitChange(1, { op: 'd', row: null }),
    visitChange(2, { op: 't', key: null, row: null, txId: null }),
  ]
  await it.put(batchOf(changes))
  assert.deepEqual(totals(await it.load()), counts(1, 3))
  const [found] = await emulator.bigquery.query({
    query: `SELECT op AS op, TO_JSON_STRING(key) AS key, TO_JSON_STRING(\`row\`) AS \`row\`, row_key AS row_key,
      sequence AS sequence, txId AS txId, CAST(UNIX_MILLIS(committedAt) AS STRING) AS committed, \`offset\` AS \`offset\`,
      JSON_VALUE(\`row\`, '$.total_cost') AS cost, loadedAt IS NOT NULL AS loaded
      FROM ${datasets.raw}.visits_changes ORDER BY \`offset\``,
  })
  const common = { committed: String(Date.parse(changes[0]!.committedAt)), loaded: true }
  const [first, second, third] = changes.map(({ sequence }) => sequence)
  const none = { row: null, cost: null }
  assert.deepEqual(found, [
    {
      ...common,
      op: 'c',
      key: '{"visit_id":0}',
      row: JSON.stringify(row),
      row_key: '0',
      sequence: first,
      txId: 900,
      offset: 0,
      cost: '120.50',
    },
    {
      ...common,
      ...none,
      op: 'd',
      key: '{"visit_id":1}',
      row_key: '1',
      sequence: second,
      txId: 901,
      offset: 1,
    },
    { ...common, ...none, op: 't', key: null, row_key: null, sequence: third, txId: null, offset: 2 },
  ])
})

async function allOf<T>(pages: AsyncIterable<T[]>): Promise<T[]> {
  const all: T[] = []
  for await (const page of pages) all.push(...page)
  return all
}
