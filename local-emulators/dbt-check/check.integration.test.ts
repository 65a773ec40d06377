import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { emptyWarehouse } from '../dbt/empty-warehouse.ts'
import { dbtProject } from '../dbt/generate.ts'
import { runDbt } from '../dbt/run.ts'
import { sqlTools } from '../setup/sql-tools.ts'
import { type CheckReport, checkProject } from './check.ts'
import { GoogleSql } from './googlesql/engine.ts'
import { GoogleSqlService } from './googlesql/service.ts'
import { analyseScript, splitScript } from './script.ts'

let dir: string
let clean: CheckReport

const failed = ({ findings }: CheckReport): Map<string, string> =>
  new Map(findings.flatMap(({ name, error }) => (error ? [[name, error]] : [])))

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dbt-check-'))
  clean = await checkProject(dbtProject, join(dir, 'clean'))
})
after(() => rm(dir, { recursive: true, force: true }))

test('GoogleSQL takes the whole project: models in both branches, tests, merges, hooks, and the adapter', () => {
  assert.deepEqual([...failed(clean)], [])
  assert.deepEqual(clean.skipped, [])
  const count = (pattern: RegExp) => clean.findings.filter(({ name }) => pattern.test(name)).length
  assert.ok(count(/^model\..*\(full\)$/) > 50)
  assert.ok(count(/^model\..*\(incremental\)$/) > 15)
  assert.ok(count(/^test\./) > 250)
  assert.ok(count(/^merge of /) > 12)
  assert.ok(count(/^insert_overwrite of /) >= 7)
  assert.ok(count(/^hook of .*\(incremental\)$/) >= 10)
  assert.equal(count(/^operations of /), 1)
  assert.ok(count(/^adapter: make /) >= 7 && count(/^adapter: apply a load/) >= 12)
  assert.ok(count(/^page: /) > 100)
  for (const action of ['plan a load', 'look which offsets are loaded', 'mark an object loaded'])
    assert.ok(count(new RegExp(`^adapter: ${action}$`)) >= 1, action)
})

test('unit tests give the rows that they expect in GoogleSQL, as they do in DuckDB', () => {
  assert.ok(clean.unitTests >= 23)
  assert.equal(clean.findings.filter(({ name }) => name.startsWith('unit_test.')).length, clean.unitTests)
})

test('what is wrong for BigQuery alone is found, each in its place', async () => {
  const project = join(dir, 'project')
  await cp(dbtProject, project, { recursive: true })
  const change = async (file: string, from: string | RegExp, to: string): Promise<void> => {
    const text = await readFile(join(project, file), 'utf8')
    const changed = text.replace(from, to)
    assert.notEqual(changed, text, file)
    await writeFile(join(project, file), changed)
  }
  const marts = 'models/marts'
  await change(
    `${marts}/pipeline_health.sql`,
    /$/,
    'where coalesce(lags.newest_load_at < current_datetime(), true)\n',
  )
  await change(`${marts}/specializations.sql`, /\n {2}group by specialization\n\)/, '\n)')
  await change(`${marts}/patient_ages.sql`, 'select {{ age_from', 'select no_such_column, {{ age_from')
  await change(`${marts}/doctor_performance.yml`, 'data_type: bigint', 'data_type: text')
  await change(`${marts}/top_medicines.yml`, '      - name: category\n', '      - name: categories\n')
  await change(
    'macros/engine/dates.sql',
    'date_diff({{ later }}, {{ earlier }}, day)',
    'date_diff({{ earlier }}, {{ later }}, day)',
  )
  await change('macros/storage/months.sql', 'where month_start not in (', 'where month_end not in (')
  await change('tests/generic/sums_to.sql', 'coalesce(sum({{ of }}), 0)', "coalesce(sum({{ of }}), '')")
  await change(
    'macros/meaning/row_versions.sql',
    '\nselect versions.*\nfrom',
    '\nselect versions.*{% if is_incremental() %}, 1 as more{% endif %}\nfrom',
  )
  const found = failed(await checkProject(project, join(dir, 'planted')))
  const errorOf = (name: string): string => found.get(name) ?? 'nothing was found'
  assert.match(errorOf('model.hospital.pipeline_health (full)'), /operator <.*TIMESTAMP.*DATETIME/)
  assert.match(
    errorOf('model.hospital.specializations (full)'),
    /specialization which is neither grouped nor aggregated/,
  )
  assert.match(errorOf('model.hospital.patient_ages (full)'), /Unrecognized name: no_such_column/)
  assert.match(
    errorOf('model.hospital.doctor_performance (full)'),
    /contract: doctor_id is INT64, not STRING/,
  )
  assert.match(
    errorOf('model.hospital.top_medicines (full)'),
    /no column categories.*does not name the column category/,
  )
  assert.match(
    errorOf('unit_test.hospital.billing_enhanced.bills_after_and_before_their_visit'),
    /gives .*"-1".*expected/,
  )
  assert.match(errorOf('hook of model.hospital.payment_status (incremental)'), /Unrecognized name: month_end/)
  assert.match(
    errorOf('model.hospital.versions_doctors (incremental)'),
    /the other branch: does not name the column more/,
  )
  const sums = [...found].find(([name]) =>
    name.startsWith('test.hospital.invariant_10_patient_ages_patients'),
  )
  assert.match(sums?.[1] ?? 'nothing was found', /coalesce|COALESCE/i)
})

test('the estimate of bytes reads the columns that GoogleSQL reads, a share of them in an incremental run', async () => {
  const duckdbPath = join(dir, 'empty.duckdb')
  await emptyWarehouse(duckdbPath)
  const rows = { visits: 1_000_000, prescriptions: 900_000, billing_payments: 800_000, patients: 70_000 }
  const given = JSON.stringify({
    rows: { ...rows, doctors: 500, medicines: 400 },
    changes: 0.01,
    months: 0.25,
  })
  const lines: string[] = []
  const args = ['run-operation', 'estimate_bytes', '--args', given]
  await runDbt({ args, duckdbPath, logDir: join(dir, 'estimate'), onLine: (line) => lines.push(line) })
  const said = new Map(
    lines.flatMap((line) => {
      const found = /^estimate (\w+): (\d+) bytes, incremental (\d+) bytes$/.exec(line)
      return found ? [[found[1]!, [Number(found[2]), Number(found[3])] as const]] : []
    }),
  )
  const width: Record<string, number> = {
    row: 250,
    sequence: 42,
    op: 24,
    row_key: 24,
    offset: 8,
    committedAt: 8,
    loadedAt: 8,
  }
  for (const [table, count] of Object.entries(rows)) {
    const scans = clean.scans.get(`model.hospital.latest_${table}`)!.full
    const columns = scans.find((scan) => scan.table.endsWith(`.${table}_changes`))!.columns
    const bytes = columns.reduce((sum, column) => sum + width[column]! * 2 * count, 0)
    assert.deepEqual(said.get(`latest_${table}`), [bytes, bytes / 100], table)
  }
  const [full, again] = said.get('revenue_by_doctor')!
  assert.equal(again, full / 4)
  assert.ok(full > 0 && full < said.get('latest_visits')![0])
  assert.ok(said.size > 25)
})

test('a script is analysed statement by statement, its variables too', async () => {
  const sql = new GoogleSql(await GoogleSqlService.load(sqlTools.wasm, sqlTools.descriptors))
  sql.setTable('a.b', [{ name: 'x', type: 'INT64' }])
  const script = (last: string) => `DECLARE done BOOL DEFAULT FALSE; -- a ; in a comment
    SET done = (SELECT COUNT(*) > 0 FROM \`a.b\`);
    IF done THEN UPDATE \`a.b\` SET x = 1 WHERE x = 2; END IF;
    ${last};`
  assert.equal(splitScript(script("SELECT ';' AS text")).length, 5)
  assert.equal(analyseScript(sql, script('SELECT done AS d')), 5)
  const refuses = (last: string, message: RegExp) =>
    assert.throws(() => analyseScript(sql, script(last)), message)
  refuses('SELECT dome AS d', /Unrecognized name: dome/)
  refuses('SET done = 5', /IF[\s\S]*BOOL[\s\S]*INT64/)
  refuses('IF 1 THEN SELECT 1', /IF/)
  refuses("INSERT INTO `a.b` (x) VALUES ('text')", /INT64/)
  refuses('DECLARE other DATE DEFAULT 7', /Invalid cast/)
})
