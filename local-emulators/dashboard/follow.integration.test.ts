import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { BigQuery } from '@google-cloud/bigquery'
import type { Step } from '@pipeline/dashboard/follow/steps.ts'
import { trailFollower } from '@pipeline/dashboard/follow/trail.ts'
import { bigqueryReports } from '@pipeline/dashboard/reports/bigquery.ts'
import { type BigqueryEmulator, startBigquery } from '@pipeline/functions/testing/bqemulator.ts'
import { apiError, type FakeBigquery, startFakeBigquery } from '@pipeline/functions/testing/fake-bigquery.ts'
import { ensureWarehouse } from '@pipeline/functions/warehouse/bigquery/ensure.ts'
import { trailSql, trailViews } from '@pipeline/functions/warehouse/bigquery/trail.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'

const NOW = new Date('2026-03-31T12:00:00Z')
const [RAW, TRAIL, MARTS] = ['demo_raw', 'demo_trail', 'demo_marts']
let emulator: BigqueryEmulator
let fake: FakeBigquery

async function run(bigquery: BigQuery, query: string): Promise<void> {
  const [job] = await bigquery.createQueryJob({ query })
  await job.getQueryResults()
}
const store = (dataset: string) =>
  bigqueryReports({ bigquery: emulator.bigquery, dataset, location: 'EU', lookEveryMs: 0 })
const follower = () =>
  trailFollower({ trail: store(TRAIL), marts: store(MARTS), now: () => NOW, askEveryMs: 0 })

/** A change of a visit whose row holds what nobody may see. */
const change = (
  key: string,
  op: string,
  lsn: number,
  at: string,
  offset: number,
  { loadedAt = `${at.slice(0, 10)} 11:00:00+00`, table = 'visits' } = {},
): string => {
  const sequence = [lsn, lsn, 0].map((each) => each.toString(16).padStart(16, '0')).join('/')
  return `INSERT INTO ${RAW}.${table}_changes (\`table\`, op, \`key\`, \`row\`, row_key, \`sequence\`, txId, committedAt, capturedAt, topic,
      \`partition\`, \`offset\`, loadedAt)
    VALUES ('${table}', '${op}', JSON '{}', JSON '{"diagnosis": "Erika Mustermann"}', '${key}', '${sequence}', 1, TIMESTAMP '${at}',
      TIMESTAMP_ADD(TIMESTAMP '${at}', INTERVAL 250 MILLISECOND), 'postgres-source.public.${table}', 0, ${offset}, TIMESTAMP '${loadedAt}')`
}
const object = (name: string, first: number, last: number, storedAt: string, state = 'done'): string =>
  `INSERT INTO ${RAW}.load_objects (object, generation, tableName, loadId, state, topic, \`partition\`, firstOffset, lastOffset, size, storedAt,
      plannedAt)
    VALUES ('changes/visits/${name}', 1, 'visits', 'a', '${state}', 'postgres-source.public.visits', 0, ${first}, ${last}, 1,
      TIMESTAMP '${storedAt}', TIMESTAMP '${storedAt}')`
const health = (table: string, until: string): string =>
  `INSERT INTO ${MARTS}.pipeline_health VALUES ('${table}', TIMESTAMP '${until}', TIMESTAMP '2026-03-31 11:45:00+00')`

before(async () => {
  ;[emulator, fake] = await Promise.all([startBigquery(), startFakeBigquery()])
  const { bigquery } = emulator
  await ensureWarehouse(bigquery, { raw: RAW, loads: 'demo_raw_loads' }, catalog, {})
  await Promise.all([TRAIL, MARTS].map((name) => bigquery.createDataset(name)))
  for (const view of trailViews)
    await run(bigquery, `CREATE VIEW ${TRAIL}.${view.name} AS ${trailSql(view, bigquery.projectId, RAW)}`)
  await run(
    bigquery,
    `CREATE TABLE ${MARTS}.pipeline_health (table_name STRING, loaded_until TIMESTAMP, built_at TIMESTAMP)`,
  )
  for (const statement of [
    change('17', 'c', 10, '2026-03-31 10:00:00.125+00', 5),
    // The newest by its sequence, whatever its offset is.
    change('17', 'u', 30, '2026-03-31 10:30:00.5+00', 7, { loadedAt: '2026-03-31 11:00:00.75+00' }),
    change('17', 'u', 20, '2026-03-31 10:20:00+00', 9),
    change('170', 'u', 90, '2026-03-31 11:30:00+00', 11, { loadedAt: '2026-03-31 11:50:00+00' }),
    change('18', 'd', 5, '2024-01-01 10:00:00+00', 1),
    change('-3', 'c', 40, '2026-03-31 09:00:00+00', 12, { loadedAt: '2026-03-31 11:40:00+00' }),
    change('17', 'u', 95, '2026-03-31 11:00:00+00', 7, { table: 'patients' }),
    object('before.ndjson.gz', 1, 6, '2026-03-31 10:01:00+00'),
    object('broken.ndjson.gz', 7, 8, '2026-03-31 10:29:00+00', 'broken'),
    object('first.ndjson.gz', 7, 8, '2026-03-31 10:30:02+00'),
    object('again.ndjson.gz', 7, 9, '2026-03-31 10:40:00+00'),
    object('day.parquet', 1, 2, '2026-03-31 01:00:00+00'),
    health('visits', '2026-03-31 11:40:00+00'),
  ])
    await run(bigquery, statement)
})
after(() => Promise.allSettled([emulator?.stop(), fake?.stop()]))

const brief = (steps: readonly Step[] = []) =>
  Object.fromEntries(steps.map(({ id, state, at }) => [id, at ?? state]))

test('the newest change of a row is followed with the times of each hop, and without its row', async () => {
  const found = (await follower().follow('visits', '017'))!
  assert.deepEqual([found.table, found.key, found.op], ['visits', '17', 'u'])
  assert.deepEqual(brief(found.steps), {
    postgres: '2026-03-31T10:30:00.500Z',
    debezium: '2026-03-31T10:30:00.750Z',
    kafka: 'there',
    lake: '2026-03-31T10:30:02.000Z',
    warehouse: '2026-03-31T11:00:00.750Z',
    reports: '2026-03-31T11:45:00.000Z',
  })
  const where = Object.fromEntries(found.steps.map((step) => [step.id, step.where]))
  assert.equal(where.postgres, 'committed at 000000000000001e')
  assert.equal(where.kafka, 'postgres-source.public.visits, partition 0, offset 7')
  assert.equal(where.lake, 'changes/visits/first.ndjson.gz')
  assert.doesNotMatch(JSON.stringify(found), /Erika|diagnosis/)
})

test('what was loaded after the marts were begun waits for dbt; what was loaded with their last load is in them', async () => {
  assert.equal(brief((await follower().follow('visits', '170'))!.steps).reports, 'not yet')
  assert.equal(brief((await follower().follow('visits', '-3'))!.steps).reports, '2026-03-31T11:45:00.000Z')
  const ofPatient = brief((await follower().follow('patients', '17'))!.steps)
  assert.deepEqual([ofPatient.reports, ofPatient.lake], ['not yet', 'not known'])
})

test('an old change is found too, in an object that was joined since', async () => {
  const { op, steps } = (await follower().follow('visits', '18'))!
  assert.equal(op, 'd')
  assert.deepEqual([brief(steps).postgres, brief(steps).lake], ['2024-01-01T10:00:00.000Z', 'there'])
})

test('a row that nobody changed is not found, and what can be none is refused', async () => {
  assert.equal(await follower().follow('visits', '4711'), undefined)
  for (const [table, key] of [
    ['load_objects', '1'],
    ['visits', "1' or true"],
  ] as const)
    await assert.rejects(follower().follow(table, key), { code: 'REQUEST_INVALID' })
})

test('before the first build the marts are still to come; a warehouse that refuses is said by its name', async () => {
  const early = trailFollower({ trail: store(TRAIL), marts: store('no_marts'), now: () => NOW })
  assert.equal(brief((await early.follow('visits', '17'))!.steps).reports, 'not yet')
  fake.answer(() => apiError(400, 'bytesBilledLimitExceeded', 'value Erika Mustermann'))
  const refused = bigqueryReports({ bigquery: fake.bigquery, dataset: TRAIL, location: 'EU' })
  await assert.rejects(
    trailFollower({ trail: refused, marts: refused, now: () => NOW }).follow('visits', '17'),
    (error: Error & { code?: string }) =>
      error.code === 'FOLLOW_UNAVAILABLE' &&
      /part=warehouse reason=bytesBilledLimitExceeded/.test(error.message) &&
      !error.message.includes('Erika'),
  )
})

test('the days of the last month are looked at first, and viewers of one change ask once', async () => {
  fake.asked.length = 0
  fake.answer(() => apiError(400, 'invalidQuery'))
  const asked = bigqueryReports({ bigquery: fake.bigquery, dataset: TRAIL, location: 'EU' })
  const one = trailFollower({ trail: asked, marts: asked, now: () => NOW, askEveryMs: 60_000 })
  for (const key of ['17', '017', '17']) await assert.rejects(one.follow('visits', key))
  assert.equal(fake.asked.length, 1)
  const { query } = (
    fake.asked[0]!.body as { configuration: { query: { query: string; queryParameters: object[] } } }
  ).configuration
  assert.match(query.query, /committed_at >= cast\(@since_day as timestamp\)/)
  assert.deepEqual(query.queryParameters, [
    { name: 'key', parameterType: { type: 'STRING' }, parameterValue: { value: '17' } },
    { name: 'since_day', parameterType: { type: 'DATE' }, parameterValue: { value: '2026-03-01' } },
  ])
  await assert.rejects(one.follow('visits', '18'))
  assert.equal(fake.asked.length, 2)
})
