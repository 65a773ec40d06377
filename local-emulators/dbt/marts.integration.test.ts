import assert from 'node:assert/strict'
import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { catalog } from '@pipeline/hospital/catalog.ts'
import type { ChangeRecord, Row } from '@pipeline/hospital/change.ts'
import { dbtProject } from './generate.ts'
import { type DbtRun, runDbt } from './run.ts'
import { disturbed } from './testing/database.ts'
import { expectedMarts, PSEUDONYM_KEY, pseudonym, type TextRow } from './testing/expected-marts.ts'
import { AS_OF, hospitalCase, MARKER } from './testing/hospital-case.ts'
import { appendChanges, textRows } from './testing/raw-file.ts'

const db = hospitalCase()
let dir: string
let path: string
let built: DbtRun
const lines: string[] = []
const vars = ['--vars', `{as_of: '${AS_OF}'}`]
const failed = ({ results }: DbtRun): Map<string, string> =>
  new Map(results.flatMap(({ name, status, message }) => (status === 'fail' ? [[name, message]] : [])))
const bad = ({ results }: DbtRun) =>
  results.filter(({ status }) => !['success', 'pass', 'warn'].includes(status))

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dbt-'))
  path = join(dir, 'warehouse.duckdb')
  const changes = disturbed(db.changes, 3)
  const half = changes.length / 2
  await appendChanges(path, changes.slice(0, half), '2026-06-14T01:00:00Z')
  await appendChanges(path, changes.slice(half), '2026-06-15T02:00:00Z')
  built = await runDbt({
    args: ['build', ...vars],
    duckdbPath: path,
    pseudonymKey: PSEUDONYM_KEY,
    logDir: join(dir, 'logs'),
    onLine: (line) => lines.push(line),
  })
})

after(() => rm(dir, { recursive: true, force: true }))

test('the whole project builds: models, unit tests, data tests; facts before their parents only warn', () => {
  assert.deepEqual(bad(built), [])
  assert.ok(built.ok)
  const warned = built.results.filter(({ status }) => status === 'warn').map(({ name }) => name)
  assert.ok(warned.length > 0 && warned.every((name) => name.startsWith('relationships_')), warned.join(' '))
  assert.equal(lines.length, built.results.length)
})

for (const table of catalog) {
  test(`invariants 2, 3 and 6: base_${table.name} is the table after late, repeated and deleted changes`, async () => {
    const key = table.key[0]!
    const columns = table.columns.map(({ name, type }) =>
      type.kind === 'timestamp' ? `strftime(${name}, '%Y-%m-%dT%H:%M:%S.%fZ') AS ${name}` : name,
    )
    const rows = await textRows(
      path,
      `SELECT ${columns.join(', ')}, _sequence FROM staging.base_${table.name} ORDER BY ${key}`,
    )
    const last = new Map(
      db.changes.flatMap(({ table: name, key, sequence }) =>
        name === table.name && key ? [[String(Object.values(key)[0]), sequence]] : [],
      ),
    )
    const expected = db
      .rows(table.name)
      .sort((a, b) => Number(a[key]) - Number(b[key]))
      .map((row): TextRow => {
        const texts = table.columns.map(({ name }) => [name, row[name] == null ? null : String(row[name])])
        return { ...Object.fromEntries(texts), _sequence: last.get(String(row[key]))! }
      })
    assert.deepEqual(rows, expected)
    assert.ok(rows.length > 0)
  })
}

test('a base table has the columns and types of the catalog', async () => {
  const rows = await textRows(
    path,
    `SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = 'staging'
       AND table_name = 'base_prescriptions' ORDER BY ordinal_position`,
  )
  const types: Record<string, string> = {
    bigint: 'BIGINT',
    text: 'VARCHAR',
    timestamp: 'TIMESTAMP WITH TIME ZONE',
  }
  const columns = catalog.find(({ name }) => name === 'prescriptions')!.columns
  assert.deepEqual(
    rows.map(({ column_name, data_type }) => [column_name, data_type]),
    [
      ...columns.map(({ name, type }) => [name, types[type.kind]]),
      ['_sequence', 'VARCHAR'],
      ['_committed_at', 'TIMESTAMP WITH TIME ZONE'],
      ['_loaded_at', 'TIMESTAMP WITH TIME ZONE'],
    ],
  )
})

for (const [mart, expected] of Object.entries(expectedMarts(db))) {
  test(`invariant 10: ${mart} is what a count over the final rows gives, column by column`, async () => {
    const [key] = Object.keys(expected[0]!) as [string]
    const rows = await textRows(path, `FROM marts.${mart} ORDER BY ${key}`)
    for (const row of rows) delete row.built_from
    if (key === 'patient_pseudonym') expected.sort((a, b) => (a[key]! < b[key]! ? -1 : 1))
    assert.deepEqual(
      rows.map((row) => row[key]),
      expected.map((row) => row[key]),
    )
    for (const [index, row] of rows.entries()) assert.deepEqual(row, expected[index])
  })
}

test('no money is floating point in any schema', async () => {
  const rows = await textRows(
    path,
    `SELECT table_name, column_name FROM information_schema.columns
     WHERE table_schema IN ('staging', 'intermediate', 'marts') AND data_type IN ('DOUBLE', 'FLOAT', 'REAL')`,
  )
  assert.deepEqual(rows, [])
})

test('invariant 8: nothing in a mart for reports identifies a patient, and the register has every patient', async () => {
  const marts = await textRows(
    path,
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'marts'",
  )
  assert.ok(marts.length >= 15)
  for (const { name } of marts) {
    const text = JSON.stringify(await textRows(path, `FROM marts.${name}`))
    assert.ok(!text.includes(MARKER), name!)
  }
  const register = await textRows(path, 'FROM restricted.patient_register')
  assert.deepEqual(
    register.map(({ patient_id, patient_pseudonym }) => [patient_id, patient_pseudonym]).sort(),
    db
      .rows('patients')
      .map(({ patient_id }) => [String(patient_id), pseudonym(patient_id!)])
      .sort(),
  )
  assert.ok(JSON.stringify(register).includes(MARKER))
})

test('load_watermark has the last load of each table', async () => {
  const rows = await textRows(path, 'FROM staging.load_watermark ORDER BY table_name')
  assert.deepEqual(
    rows.map((row) => [row.table_name, row.loaded_at]),
    catalog.map(({ name }) => [name, '2026-06-15 02:00:00+00']).sort(),
  )
})

test('invariant 10: a join that multiplies money fails the build', async () => {
  const project = join(dir, 'project')
  await cp(dbtProject, project, { recursive: true })
  const model = join(project, 'models/marts/doctor_performance.sql')
  const sql = await readFile(model, 'utf8')
  const facts = "left join {{ ref('prescriptions_enhanced') }} as fan on fan.doctor_id = members.doctor_id"
  const broken = sql.replace(/^left join visits/m, `${facts}\n$&`)
  assert.notEqual(broken, sql)
  await writeFile(model, broken)
  await copyFile(path, join(dir, 'broken.duckdb'))
  const run = await runDbt({
    args: ['build', '--select', 'doctor_performance', '--exclude-resource-type', 'unit_test', ...vars],
    duckdbPath: join(dir, 'broken.duckdb'),
    pseudonymKey: PSEUDONYM_KEY,
    logDir: join(dir, 'broken-logs'),
    projectDir: project,
  })
  assert.equal(run.ok, false)
  assert.equal(failed(run).get('invariant_10_doctor_performance_total_revenue'), '1 rows')
})

/** The last change of a table, to be planted anew with another row. */
function last(table: string): ChangeRecord {
  const change = db.changes.findLast((change) => change.table === table && change.row !== null)!
  return { ...change, sequence: change.sequence.replace(/^0/, '1') }
}

test('a duration that nobody can price is warned of, counted as unpriced, and stops nothing', async () => {
  const prescription = last('prescriptions')
  const free = join(dir, 'free.duckdb')
  await copyFile(path, free)
  const planted = { ...prescription, row: { ...prescription.row!, duration: 'as needed' } }
  await appendChanges(free, [planted], '2026-06-16T00:00:00Z')
  const run = await runDbt({
    args: ['build', '--exclude-resource-type', 'unit_test', ...vars],
    duckdbPath: free,
    pseudonymKey: PSEUDONYM_KEY,
    logDir: join(dir, 'free-logs'),
  })
  assert.deepEqual(bad(run), [])
  const warned = run.results.find(({ name }) => name === 'every_given_duration_is_priced')!
  assert.deepEqual([warned.status, warned.message], ['warn', '1 rows'])
  const unpriced = (file: string) =>
    textRows(
      file,
      `SELECT sum(unpriced_prescriptions)::INTEGER AS mart, (SELECT count(*)::INTEGER FROM intermediate.prescriptions_enhanced
         WHERE estimated_total_cost IS NULL) AS rows FROM marts.top_medicines`,
    )
  const [before] = await unpriced(path)
  const [now] = await unpriced(free)
  assert.equal(now!.mart, now!.rows)
  assert.equal(Number(now!.mart), Number(before!.mart) + 1)
})

test('invariant 5: a value that can not be cast, one cut short and a lost column fail the build', async () => {
  const secret = 'fortnight'
  const visit = last('visits')
  const bill = last('billing_payments')
  const prescription = last('prescriptions')
  const patient = last('patients')
  const without = (row: Row, name: string): Row =>
    Object.fromEntries(Object.entries(row).filter(([each]) => each !== name))
  const planted = [
    { ...visit, row: { ...visit.row!, total_cost: `12.3${secret}` } },
    { ...bill, row: { ...bill.row!, total_amount: '0.005' } },
    { ...prescription, row: { ...prescription.row!, duration: `a ${secret}` } },
    { ...patient, row: without(patient.row!, 'blood_type') },
  ]
  const broken = join(dir, 'planted.duckdb')
  await copyFile(path, broken)
  await appendChanges(broken, planted, '2026-06-16T00:00:00Z')
  const said: string[] = []
  const run = await runDbt({
    args: ['build', '--exclude-resource-type', 'unit_test', ...vars],
    duckdbPath: broken,
    pseudonymKey: PSEUDONYM_KEY,
    logDir: join(dir, 'logs'),
    onLine: (line) => said.push(line),
  })
  assert.equal(run.ok, false)
  assert.deepEqual(Object.fromEntries(failed(run)), {
    values_are_exact_base_visits: '1 rows',
    values_are_exact_base_billing_payments: '1 rows',
    rows_have_every_column_base_patients: '1 rows',
  })
  const marts = run.results.filter(({ name }) => name in expectedMarts(db))
  assert.deepEqual([...new Set(marts.map(({ status }) => status))], ['skipped'])
  assert.ok(!JSON.stringify([run, said]).includes(secret))
  for (const file of await readdir(join(dir, 'logs'), { recursive: true, withFileTypes: true })) {
    if (!file.isFile()) continue
    const text = await readFile(join(file.parentPath, file.name), 'latin1')
    assert.ok(!text.includes(secret), file.name)
  }
})
