import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CompactReport } from '@pipeline/functions/compact-lake/compact.ts'
import { callFunction } from '../commands/call-function.ts'
import { waitForLake } from '../commands/wait-for-lake.ts'
import { assertEqual, loadAll, objectsUnder, reconcileNow, someone, sql, stack } from './the-stack.ts'

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
  assert.deepEqual(
    (await objectsUnder('changes/')).filter((name) => !name.endsWith('.parquet')),
    [],
  )
  await loadAll()
  assertEqual(await reconcileNow())
})
