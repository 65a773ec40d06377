import assert from 'node:assert/strict'
import { mkdtemp, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { expectedReport } from '../testing/expected.ts'
import { doctors, knownVisits } from '../testing/known-facts.ts'
import { writeKnownMarts } from '../testing/known-marts.ts'
import { duckdbReports } from './duckdb.ts'
import type { Filters } from './filters.ts'
import { readChoices, readReport } from './report.ts'
import type { ReportStore } from './store.ts'
import { cellsOf, countQuery, readTableRequest, tableQuery, tables } from './tables.ts'

const visits = knownVisits()
let dir: string
let path: string
let store: ReportStore

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'reports-'))
  path = join(dir, 'published.duckdb')
  await writeKnownMarts(path, visits, '2026-03-01T10:00:00Z')
  store = duckdbReports({ path, lookEveryMs: 0 })
})
after(async () => {
  await store.close()
  await rm(dir, { recursive: true, force: true })
})

const choices: Filters[] = [
  {},
  { from: '2025-06-15', to: '2025-09-02' },
  { department: 'Cardiology' },
  { doctor: '3' },
  { from: '2025-03-10', department: 'Paediatrics' },
  { to: '2025-02-01', department: 'Neurology', doctor: '2' },
  { department: 'Neurology', doctor: '3' },
  { from: '2031-01-01' },
  { department: "no'such" },
]

test('every chart shows what the visits of the choice add up to', async () => {
  for (const filters of choices) {
    assert.deepEqual(
      await readReport(store, filters),
      expectedReport(visits, filters),
      JSON.stringify(filters),
    )
  }
})

test('choices hold all departments and doctors, also those without a visit', async () => {
  const { departments, doctors: found, firstDay, lastDay } = await readChoices(store)
  assert.deepEqual(departments, [...new Set(doctors.map(({ department }) => department))].sort())
  assert.equal(found.length, doctors.length)
  const days = visits.map(({ day }) => day).sort()
  assert.deepEqual([firstDay, lastDay], [days[0], days.at(-1)])
})

test('the table of doctors adds up under a choice, sorts by each column and finds by a word', async () => {
  const spec = tables.doctors!
  const rowsOf = async (filters: Filters, search: string) => {
    const request = readTableRequest(spec, new URLSearchParams(search))
    const rows = await store.rows(tableQuery(spec, filters, request))
    return rows.map((row) => cellsOf(spec, row))
  }
  const filters = { from: '2025-04-01', to: '2025-12-31' }
  const expected = expectedReport(visits, filters)
  const rows = await rowsOf(filters, '')
  assert.equal(rows.length, doctors.length)
  assert.deepEqual(
    rows.filter((row) => row[3] !== 0).map((row) => ({ name: row[0], revenue: row[5] })),
    expected.doctorsByRevenue,
  )
  const ada = expectedReport(visits, { ...filters, doctor: '1' })
  const shown = rows.find(([name]) => name === 'Ada Byron')!
  assert.deepEqual(
    [shown[3], shown[4], shown[5], shown[6]],
    [ada.figures.visits, ada.figures.patients, ada.figures.revenue, ada.figures.averageCost],
  )
  assert.deepEqual(
    (await rowsOf({}, 'search=neurology')).map((row) => row[1]),
    ['Neurology', 'Neurology'],
  )
  for (const [at, { name, kind }] of spec.columns.entries()) {
    const cells = (await rowsOf({}, `sort=${name}&order=desc`)).map((row) => row[at] ?? null)
    const numbers = cells
      .filter((cell) => cell !== null)
      .map((cell) => (kind === 'text' ? cell : Number(cell)))
    const sorted = [...numbers].sort((a, b) => (a! < b! ? 1 : a! > b! ? -1 : 0))
    assert.deepEqual(numbers, sorted, name)
    assert.ok(cells.indexOf(null) === -1 || cells.indexOf(null) >= numbers.length, name)
  }
})

test('the journey comes page by page, each visit once, whatever it is sorted by', async () => {
  const spec = tables.journey!
  for (const sort of ['visit_date', 'total_cost', 'diagnosis', 'billing_state']) {
    const ids: unknown[] = []
    for (let page = 1; page <= 9; page++) {
      const request = readTableRequest(spec, new URLSearchParams(`sort=${sort}&page=${page}`))
      ids.push(...(await store.rows(tableQuery(spec, {}, request, 50))).map((row) => row.visit_id))
    }
    assert.deepEqual(
      ids.map(Number).sort((a, b) => a - b),
      visits.map(({ id }) => id),
      sort,
    )
  }
  const request = readTableRequest(spec, new URLSearchParams('search=MIGRAINE'))
  const found = await store.rows(countQuery(spec, {}, request))
  assert.equal(found[0]?.found, visits.filter(({ diagnosis }) => diagnosis?.includes('Migraine')).length)
})

test('pages of a query hold all its rows', async () => {
  const spec = tables.journey!
  const request = readTableRequest(spec, new URLSearchParams())
  let count = 0
  for await (const rows of store.pages(tableQuery(spec, {}, request))) count += rows.length
  assert.equal(count, visits.length)
})

test('wrong filters, columns and pages are refused by name, without their value', () => {
  const spec = tables.doctors!
  for (const search of ['sort=password', 'order=up', 'page=0', 'page=x', `search=${'x'.repeat(201)}`]) {
    assert.throws(
      () => readTableRequest(spec, new URLSearchParams(search)),
      (error) =>
        error instanceof PipelineError &&
        error.code === 'REQUEST_INVALID' &&
        !error.message.includes('password'),
      search,
    )
  }
})

test('a new file is taken up while readers of the old one read on', async () => {
  const spec = tables.journey!
  const request = readTableRequest(spec, new URLSearchParams())
  const old = store.pages(tableQuery(spec, {}, request))[Symbol.asyncIterator]()
  const first = await old.next()
  const before = await store.version()
  await writeKnownMarts(`${path}.partial`, visits.slice(0, 10), '2026-03-02T10:00:00Z')
  await rename(`${path}.partial`, path)
  assert.notEqual(await store.version(), before)
  assert.equal((await readReport(store, {})).figures.visits, 10)
  let count = first.value!.length
  for (let next = await old.next(); !next.done; next = await old.next()) count += next.value.length
  assert.equal(count, visits.length)
})

test('before the first build it says that there are no reports, and a broken file is no empty report', async () => {
  const none = duckdbReports({ path: join(dir, 'none.duckdb') })
  assert.equal(await none.version(), undefined)
  await assert.rejects(
    readReport(none, {}),
    (error) => error instanceof PipelineError && error.code === 'REPORTS_MISSING',
  )
  const broken = duckdbReports({ path: import.meta.filename })
  await assert.rejects(
    readReport(broken, {}),
    (error) => error instanceof PipelineError && error.code === 'REPORTS_UNAVAILABLE',
  )
})
