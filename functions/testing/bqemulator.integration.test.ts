import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { startBigquery } from './bqemulator.ts'

test("what README says of the emulator's faults is still so", async (t) => {
  const { bigquery, stop } = await startBigquery()
  t.after(stop)
  const folder = await mkdtemp(join(tmpdir(), 'bqemulator-test-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const statusOf = async (query: string, given: object = {}) => {
    const [job] = await bigquery.createQueryJob({ query, ...given }).catch((error) => [error])
    if (job instanceof Error)
      return { errorResult: { reason: (job as { errors?: { reason: string }[] }).errors?.[0]?.reason } }
    return (await job.getMetadata())[0].status
  }

  assert.deepEqual((await bigquery.query('SELECT nope FROM nowhere.table'))[0], [])
  assert.equal((await statusOf('SELECT nope FROM nowhere.table')).errorResult.reason, 'notFound')

  for (const n of [1, 2]) {
    const [job] = await bigquery.createQueryJob({ query: `SELECT ${n} AS n`, jobId: 'same' })
    assert.deepEqual((await job.getQueryResults())[0], [{ n }])
  }

  const [dataset] = await bigquery.createDataset('faults', { location: 'EU' })
  const file = join(folder, 'x.ndjson')
  await writeFile(file, '{"a":"b"}\n')
  const metadata = {
    jobId: 'mine',
    sourceFormat: 'NEWLINE_DELIMITED_JSON',
    schema: { fields: [{ name: 'a', type: 'STRING' }] },
  }
  const [uploaded] = await dataset.table('t').createLoadJob(file, metadata)
  assert.notEqual((uploaded as { id?: string }).id, 'mine')

  assert.deepEqual(
    (
      await bigquery.query(
        `SELECT TO_JSON_STRING(PARSE_JSON('{"n":12345678901234567890.5}', wide_number_mode => 'exact')) AS j`,
      )
    )[0],
    [{ j: '{"n":12345678901234567000.0}' }],
  )
  const script = 'BEGIN TRANSACTION; UPDATE faults.t SET a = @a WHERE TRUE; COMMIT TRANSACTION;'
  assert.equal((await statusOf(script, { params: { a: 'c' } })).errorResult.reason, 'invalidQuery')
  assert.equal((await statusOf('SELECT 1 AS hash')).errorResult, undefined)
})
