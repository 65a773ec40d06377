import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CompactReport } from '@pipeline/functions/compact-lake/compact.ts'
import { callFunction } from '../commands/call-function.ts'
import { waitForLake } from '../commands/wait-for-lake.ts'
import { assertEqual, bucket, loadAll, objectsUnder, reconcileNow, someone, sql, stack } from './the-stack.ts'

/** Batches of so many bytes are no small objects and stay: COMPACT_LARGEST_BYTES. */
const NOT_SMALL = 8_000_000

const compactAll = () =>
  callFunction<CompactReport>(stack, 'compact-lake', { throughDay: '99991231', minAgeHours: 0 })

test('invariant 4: stores equal PostgreSQL after compaction of batches that are loaded and of others', async () => {
  await sql(someone)
  await loadAll()
  await sql(async (client) => {
    const { doctor } = await someone(client)
    await client.query('UPDATE doctors SET name = $1 WHERE doctor_id = $2', ['not loaded yet', doctor])
  })
  assert.equal(await waitForLake(stack, 60), 0)
  const before = (await objectsUnder('changes/doctors/')).filter((name) => name.endsWith('.ndjson.gz'))
  const report = await compactAll()
  assert.deepEqual(
    Object.values(report.tables).flatMap(({ errors }) => errors),
    [],
  )
  assert.ok(before.length > 0 && report.tables.doctors!.replaced >= before.length)
  const [left] = await bucket.getFiles({ prefix: 'changes/' })
  assert.deepEqual(
    left
      .filter(({ name, metadata }) => !name.endsWith('.parquet') && Number(metadata.size) < NOT_SMALL)
      .map(({ name }) => name),
    [],
  )
  await loadAll()
  assertEqual(await reconcileNow())
})
