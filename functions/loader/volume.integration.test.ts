import assert from 'node:assert/strict'
import { test } from 'node:test'
import { batchOf, visitChanges } from '../testing/batches.ts'
import { startFakeGcs } from '../testing/fake-gcs.ts'
import { newLoading } from '../testing/loading.ts'

const BATCHES = 60
const CHANGES = 5000
const MEGABYTE = 1024 * 1024

test('a backlog of 300,000 changes is loaded group by group, in bounded memory', async (t) => {
  const gcs = await startFakeGcs()
  t.after(() => gcs.stop())
  const it = await newLoading(await gcs.newBucket())
  t.after(() => it.remove())
  for (let batch = 0; batch < BATCHES; batch++) {
    await it.put(batchOf(visitChanges(batch * CHANGES, batch * CHANGES + CHANGES - 1)), {
      count: String(CHANGES),
    })
  }
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss())
  }, 20)
  const before = process.memoryUsage.rss()
  const started = performance.now()
  const report = await it.load({ limits: { objects: 500, bytes: 2 * MEGABYTE, stagedBytes: 32 * MEGABYTE } })
  const seconds = (performance.now() - started) / 1000
  clearInterval(watch)
  t.diagnostic(
    `${Math.round((BATCHES * CHANGES) / seconds)} rows/s, ${Math.round((peak - before) / MEGABYTE)} MB more`,
  )
  assert.equal(report.totals.rows, BATCHES * CHANGES)
  assert.ok(peak - before < 600 * MEGABYTE, `${peak / MEGABYTE} MB`)
  const [counted] = await it.rows(
    `SELECT count(*)::INTEGER AS n, count(DISTINCT "offset")::INTEGER AS o,
       (SELECT count(DISTINCT "loadId")::INTEGER FROM raw.load_objects) > 1 AS groups,
       (SELECT sum("rows")::INTEGER FROM raw.load_objects WHERE state = 'done') AS written
     FROM raw.visits_changes`,
  )
  assert.deepEqual(counted, { n: 300_000, o: 300_000, groups: true, written: 300_000 })
  assert.deepEqual(await it.leftovers(), [])
})
