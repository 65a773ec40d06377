import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { bigqueryReports } from '@pipeline/dashboard/reports/bigquery.ts'
import type { Filters } from '@pipeline/dashboard/reports/filters.ts'
import { readChoices, readReport } from '@pipeline/dashboard/reports/report.ts'
import type { ReportStore } from '@pipeline/dashboard/reports/store.ts'
import { cellsOf, readTableRequest, tableQuery, tables } from '@pipeline/dashboard/reports/tables.ts'
import { expectedReport } from '@pipeline/dashboard/testing/expected.ts'
import { knownVisits } from '@pipeline/dashboard/testing/known-facts.ts'
import { writeKnownMarts } from '@pipeline/dashboard/testing/known-marts.ts'
import { type BigqueryEmulator, startBigquery } from '@pipeline/functions/testing/bqemulator.ts'
import { apiError, type FakeBigquery, startFakeBigquery } from '@pipeline/functions/testing/fake-bigquery.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { copyMarts } from './bigquery-marts.ts'

const visits = knownVisits(120)
const DATASET = 'demo_marts'
let emulator: BigqueryEmulator
let fake: FakeBigquery
let store: ReportStore

before(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'marts-'))
  try {
    const path = join(dir, 'known.duckdb')
    await writeKnownMarts(path, visits, '2026-03-01T10:00:00Z')
    ;[emulator, fake] = await Promise.all([startBigquery(), startFakeBigquery()])
    await copyMarts(path, emulator.bigquery, DATASET)
    store = bigqueryReports({ bigquery: emulator.bigquery, dataset: DATASET, location: 'EU', lookEveryMs: 0 })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
after(() => Promise.allSettled([emulator?.stop(), fake?.stop()]))

test('charts read from BigQuery show the same as the visits add up to', async () => {
  const choices: Filters[] = [
    {},
    { from: '2025-03-01', to: '2025-11-30', department: 'Cardiology' },
    { doctor: '2' },
    { from: '2031-01-01' },
  ]
  for (const filters of choices) {
    assert.deepEqual(
      await readReport(store, filters),
      expectedReport(visits, filters),
      JSON.stringify(filters),
    )
  }
  assert.equal((await readChoices(store)).departments.length, 4)
})

test('tables are searched, sorted and read page by page there too', async () => {
  const spec = tables.journey!
  const request = readTableRequest(spec, new URLSearchParams('search=hypertension&sort=total_cost'))
  const rows = await store.rows(tableQuery(spec, { department: 'Neurology' }, request))
  const wanted = visits.filter(
    ({ doctor, diagnosis }) => doctor.department === 'Neurology' && /hypertension/i.test(diagnosis ?? ''),
  )
  assert.deepEqual(rows.map((row) => Number(row.visit_id)).sort(), wanted.map(({ id }) => id).sort())
  const costs = rows.map((row) => row.total_cost as string | null)
  const known = costs.filter((cost) => cost !== null).map(Number)
  assert.deepEqual(
    known,
    known.toSorted((a, b) => a - b),
  )
  const doctors = tables.doctors!
  const cells = (
    await store.rows(tableQuery(doctors, {}, readTableRequest(doctors, new URLSearchParams())))
  ).map((row) => cellsOf(doctors, row))
  assert.deepEqual(
    cells.filter((row) => row[3] !== 0).map((row) => ({ name: row[0], revenue: row[5] })),
    expectedReport(visits, {}).doctorsByRevenue,
  )
})

test('what the marts were built with is told from what came later', async () => {
  assert.notEqual(await store.version(), undefined)
  const none = bigqueryReports({ bigquery: emulator.bigquery, dataset: 'no_marts', location: 'EU' })
  assert.equal(await none.version(), undefined)
})

const scripted = (): ReportStore =>
  bigqueryReports({ bigquery: fake.bigquery, dataset: DATASET, location: 'EU' })

test('a request names its parameters with types, its location and the most that it may cost', async () => {
  fake.asked.length = 0
  fake.answer(() => apiError(400, 'invalidQuery'))
  await assert.rejects(readReport(scripted(), { from: '2025-01-01', doctor: '7' }))
  const { configuration, jobReference } = fake.asked[0]!.body as {
    configuration: { query: Record<string, unknown> & { queryParameters: unknown[] }; labels: unknown }
    jobReference: { location: string }
  }
  assert.equal(jobReference.location, 'EU')
  assert.deepEqual(configuration.labels, { component: 'dashboard' })
  assert.equal(configuration.query.maximumBytesBilled, String(2 * 1024 ** 3))
  assert.equal(configuration.query.useLegacySql, false)
  assert.match(String(configuration.query.query), /`test-project`\.`demo_marts`\./)
  assert.deepEqual(configuration.query.queryParameters, [
    { name: 'from_day', parameterType: { type: 'DATE' }, parameterValue: { value: '2025-01-01' } },
    { name: 'doctor', parameterType: { type: 'INT64' }, parameterValue: { value: '7' } },
  ])
})

test('errors say what to do, and quote nothing of the answer', async () => {
  for (const [status, reason, code] of [
    [404, 'notFound', 'REPORTS_MISSING'],
    [403, 'accessDenied', 'REPORTS_UNAVAILABLE'],
    [400, 'bytesBilledLimitExceeded', 'REPORTS_UNAVAILABLE'],
  ] as const) {
    fake.answer(() => apiError(status, reason, 'value Erika Mustermann'))
    await assert.rejects(
      readReport(scripted(), {}),
      (error) =>
        error instanceof PipelineError &&
        error.code === code &&
        !error.message.includes('Erika') &&
        (code === 'REPORTS_MISSING' || error.message.includes(reason)),
      reason,
    )
  }
})
