import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { toNdjson } from '@pipeline/hospital/change.ts'
import { batchOf, visitChange } from '../testing/batches.ts'
import { type FakeGcs, startFakeGcs } from '../testing/fake-gcs.ts'
import { counts, type Loading, newLoading, totals } from '../testing/loading.ts'
import { brokenCases } from './broken.cases.ts'

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

brokenCases(() => it)

test('invariant 4: values come through to the letter', async () => {
  const texts = [
    '"quoted" \\ \n\r\t\u0001',
    'Ωμέγα 漢字 עברית',
    '😀 é',
    '',
    "O'Neil; DROP TABLE x;--",
    '__debezium',
  ]
  const changes = texts.map((diagnosis, offset) =>
    visitChange(offset, { row: { visit_id: offset, diagnosis, n: null } }),
  )
  const exact =
    '{"visit_id":9007199254740993,"b":-9223372036854775808,"d":1.10,"e":123456789012345678901234567890.5}'
  const line = toNdjson([visitChange(6)])
    .replace(/"row":\{[^}]*\}/, `"row":${exact}`)
    .replace('{"visit_id":6}', '{"visit_id":9007199254740993}')
  const name = batchOf([...changes, visitChange(6)]).name
  await it.put({ name, data: gzipSync(toNdjson(changes) + line) })
  assert.deepEqual(totals(await it.load()), counts(1, 7))
  const rows = await it.rows(
    `SELECT "row", row_key, "row"->>'diagnosis' AS d FROM raw.visits_changes ORDER BY "offset"`,
  )
  assert.deepEqual(
    rows.slice(0, 6).map(({ d }) => d),
    texts,
  )
  assert.deepEqual(
    rows.slice(0, 6).map(({ row }) => row),
    changes.map(({ row }) => JSON.stringify(row)),
  )
  assert.deepEqual([rows[6]!.row, rows[6]!.row_key], [exact, '9007199254740993'])
})

test('values of 1 MB, 20 MB and 60 MB are loaded', async () => {
  const megabyte = 1024 * 1024
  const sizes = [megabyte, 20 * megabyte, 60 * megabyte, 10]
  const changes = sizes.map((size, offset) =>
    visitChange(offset, { row: { visit_id: offset, diagnosis: 'xy'.repeat(size / 2) } }),
  )
  await it.put(batchOf(changes))
  assert.deepEqual(totals(await it.load()), counts(1, 4))
  const rows = await it.rows(
    `SELECT length("row"->>'diagnosis')::INTEGER AS n FROM raw.visits_changes ORDER BY "offset"`,
  )
  assert.deepEqual(
    rows.map(({ n }) => Number(n)),
    sizes,
  )
})
