import assert from 'node:assert/strict'
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { catalog, findTable } from '@pipeline/hospital/catalog.ts'
import type { ChangeRecord } from '@pipeline/hospital/change.ts'
import { root } from '../paths.ts'
import { startTestPostgres, type TestDatabase, type TestPostgres } from '../producer/test-postgres.ts'
import { type DbtRun, runDbt } from './run.ts'
import { disturbed } from './testing/database.ts'
import { PSEUDONYM_KEY } from './testing/expected-marts.ts'
import { answers, PREPARATION } from './testing/postgres-answers.ts'
import { fillSource } from './testing/postgres-source.ts'
import { loadChanges, textRows, withFile } from './testing/raw-file.ts'
import { referenceErrors } from './testing/reference-errors.ts'
import { SimulatedHospital } from './testing/simulated-hospital.ts'

const CHANGES = 100_000
const AS_OF = '2026-02-28'
/** What is of the moment of the build, not of the data. */
const OF_THE_BUILD = ['pipeline_health', 'pipeline_runs']

const hospital = new SimulatedHospital(11, CHANGES)
let dir: string
let path: string
let server: TestPostgres
let source: TestDatabase
let all: ChangeRecord[]

/** Models alone, without their tests, with `run`. */
async function dbt(command: 'build' | 'run', file: string, ...more: string[]): Promise<DbtRun> {
  const run = await runDbt({
    args: [
      command,
      ...(command === 'build' ? ['--exclude-resource-type', 'unit_test'] : []),
      '--vars',
      `{as_of: '${AS_OF}'}`,
      ...more,
    ],
    duckdbPath: file,
    pseudonymKey: PSEUDONYM_KEY,
    logDir: join(dir, 'logs'),
  })
  const bad = run.results.filter(({ status }) => !['success', 'pass', 'warn', 'no-op'].includes(status))
  assert.deepEqual(bad, [])
  return run
}

const tablesOf = (file: string): Promise<string[]> =>
  textRows(
    file,
    `SELECT schema_name || '.' || table_name AS name FROM duckdb_tables()
     WHERE schema_name IN ('staging', 'marts', 'restricted') ORDER BY 1`,
  ).then((rows) =>
    rows.map(({ name }) => name!).filter((name) => !OF_THE_BUILD.includes(name.split('.')[1]!)),
  )

/** Of each table the number of its rows and a hash over all of them, whatever their order. */
async function contents(file: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const name of await tablesOf(file)) {
    const [row] = await textRows(
      file,
      `SELECT count(*) || ' ' || bit_xor(md5_number(t::VARCHAR)) AS c FROM ${name} t`,
    )
    found[name] = row!.c!
  }
  return found
}

type Row = Record<string, string | null>

function sortBy(columns: string, rows: Row[]): void {
  const key = (row: Row): string => JSON.stringify(columns.split(', ').map((name) => row[name]))
  const keys = new Map(rows.map((row) => [row, key(row)]))
  rows.sort((a, b) => (keys.get(a)! < keys.get(b)! ? -1 : 1))
}

async function compareWithPostgres(): Promise<void> {
  await fillSource(source, hospital.database, hospital.prices)
  for (const statement of PREPARATION) await source.query(statement)
  for (const [mart, { sql, order }] of Object.entries(answers(AS_OF, PSEUDONYM_KEY))) {
    const table = mart.includes('.') ? mart : `marts.${mart}`
    const [first] = await source.query(`SELECT * FROM (${sql}) answer LIMIT 1`)
    const columns = Object.keys(first!)
    const texts = await source.query<Row>(
      `SELECT ${columns.map((name) => `${name}::text AS ${name}`).join(', ')} FROM (${sql}) answer`,
    )
    const rows = await textRows(path, `FROM ${table}`)
    const own = Object.keys(rows[0]!).filter((name) => name !== 'built_from')
    assert.deepEqual([...columns].sort(), [...own].sort(), mart)
    assert.equal(rows.length, texts.length, `rows of ${mart}`)
    sortBy(order, rows)
    sortBy(order, texts)
    for (const column of columns) {
      for (const [index, row] of rows.entries()) {
        if (row[column] === texts[index]![column]) continue
        assert.fail(
          `${mart}.${column} of row ${index}: ${row[column]}, in PostgreSQL ${texts[index]![column]}`,
        )
      }
    }
  }
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dbt-answers-'))
  path = join(dir, 'warehouse.duckdb')
  server = await startTestPostgres(['fsync=off', 'shared_buffers=256MB'])
  source = await server.createDatabase()
  all = [...hospital.seed(), ...hospital.advance(CHANGES)]
  const changes = disturbed(all, 5)
  const half = Math.floor(changes.length / 2)
  await loadChanges(path, changes.slice(0, half), '2026-01-01T00:00:00Z')
  await dbt('run', path)
  await loadChanges(path, changes.slice(half), '2026-01-02T00:00:00Z')
  await dbt('build', path)
})
after(async () => {
  await server?.stop()
  await rm(dir, { recursive: true, force: true })
})

test('100,000 simulated changes with updates, deletes, key changes and repeats', () => {
  const count = (op: string) => all.filter((change) => change.op === op).length
  assert.ok(all.length > CHANGES)
  assert.ok(count('u') > 20_000 && count('d') > 500 && count('c') > 40_000)
  assert.ok(hospital.prices.length > hospital.database.rows('medicines').size, 'prices have changed')
})

test('invariants 4 and 10: each mart is what PostgreSQL answers from the source tables, column by column', async () => {
  await compareWithPostgres()
})

test("the docs show the reference's four faulty aggregates beside ours, as they are of these changes", async () => {
  const docs = await readFile(join(root, 'docs', 'dbt.md'), 'utf8')
  const lines = await referenceErrors(path)
  assert.deepEqual(
    lines.filter((line) => !docs.includes(line)),
    [],
  )
  assert.equal(lines.length, 4)
})

test('invariant 8: no id, name or birthday of a patient is in a mart for reports', async () => {
  const patients = [...hospital.database.rows('patients').values()]
  const columns = findTable('patients')!.columns.filter(({ identifies }) => identifies)
  const values = new Set(
    columns
      .filter(({ name }) => !['gender', 'blood_type', 'date_of_birth'].includes(name))
      .flatMap(({ name }) => patients.map((patient) => String(patient[name] ?? 'none'))),
  )
  values.delete('none')
  for (const table of (await tablesOf(path)).filter((name) => name.startsWith('marts.'))) {
    for (const row of await textRows(path, `FROM ${table}`)) {
      // A doctor may be called as a patient is.
      const { doctor_name: _, ...rest } = row
      const found = Object.entries(rest).find(([, value]) => value !== null && values.has(value))
      assert.equal(found?.[0], undefined, table)
    }
  }
})

test('a second build without new changes changes nothing', async () => {
  const earlier = await contents(path)
  assert.ok(Object.keys(earlier).length > 25)
  const { touched } = await dbt('build', path)
  assert.ok(touched.length > 20)
  assert.deepEqual(
    touched.filter(({ rows }) => rows > 0),
    [],
  )
  assert.deepEqual(await contents(path), earlier)
})

test('after 1 % new changes an incremental run touches what it must, and gives what a full one gives', async () => {
  const from = hospital.effects.length
  const fresh = hospital.advance(CHANGES / 100)
  await loadChanges(path, disturbed(fresh, 6), '2026-01-03T00:00:00Z')
  const { touched } = await dbt('run', path)
  const rowsOf = new Map(touched.map(({ model, rows }) => [model, rows]))
  for (const { model, rows, bytes } of touched) console.log(`${model}: ${rows} rows, ${bytes} bytes`)

  for (const { name, key } of catalog) {
    const own = fresh.filter(({ table }) => table === name)
    const keys = new Set(own.map((change) => String(change.key![key[0]!])))
    const last = new Map(own.map((change) => [String(change.key![key[0]!]), change.op]))
    const live = [...last.values()].filter((op) => op !== 'd').length
    assert.equal(rowsOf.get(`staging.latest_${name}`), keys.size, name)
    assert.equal(rowsOf.get(`staging.base_${name}`), live, name)
  }
  const changed = hospital.effects.slice(from)
  const rows = changed.flatMap(({ table, before, after }) => (table === 'visits' ? [before, after] : []))
  const months = new Set(rows.flatMap((row) => (row ? [String(row.visit_date).slice(0, 7)] : [])))
  assert.equal(rowsOf.get('marts.monthly_visit_stats'), months.size)
  const whose = changed.flatMap(({ before, after }) => [before?.patient_id, after?.patient_id])
  const patients = new Set(whose.filter((id) => id !== undefined))
  assert.ok(rowsOf.get('marts.patient_spending_analysis')! <= patients.size)

  await compareWithPostgres()
  const incremental = await contents(path)
  const full = join(dir, 'full.duckdb')
  await copyFile(path, full)
  const again = await dbt('run', full, '--full-refresh')
  assert.deepEqual(again.touched, [])
  assert.deepEqual(await contents(full), incremental)
})

test('invariant 3: a change that comes after the delete of its row stays without effect in an incremental run', async () => {
  const visit = [...hospital.database.rows('visits').keys()].find(
    (id) =>
      ![
        ...hospital.database.rows('prescriptions').values(),
        ...hospital.database.rows('billing_payments').values(),
      ].some((row) => row.visit_id === id),
  )!
  const earlier = all.find(({ table, key }) => table === 'visits' && key?.visit_id === visit)!
  await loadChanges(path, hospital.remove('visits', visit), '2026-01-04T00:00:00Z')
  await dbt('run', path)
  // An older version of the row, under an offset that was not there yet.
  await loadChanges(path, [{ ...earlier, offset: earlier.offset + 500_000 }], '2026-01-05T00:00:00Z')
  await dbt('run', path)
  await compareWithPostgres()
  await withFile(path, async (db) => {
    const reader = await db.runAndReadAll(
      `SELECT count(*) FROM marts.patient_journey WHERE visit_id = ${visit}`,
    )
    assert.equal(Number(reader.getRows()[0]![0]), 0)
  })
})
