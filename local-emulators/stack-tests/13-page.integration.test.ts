import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Health } from '@pipeline/dashboard/health/health.ts'
import type { Filters } from '@pipeline/dashboard/reports/filters.ts'
import type { Choices, Report } from '@pipeline/dashboard/reports/report.ts'
import { runStackDbt } from '../commands/dbt.ts'
import { readWarehouse } from '../warehouse-file.ts'
import { ageBand, pageNumbers } from './page-numbers.ts'
import { eventually, processes, settled, sql, stack } from './the-stack.ts'

async function page<T>(path: string): Promise<T> {
  const response = await fetch(`${stack.dashboardUrl}/api${path}`, { signal: AbortSignal.timeout(30_000) })
  const body = await response.text()
  assert.equal(response.status, 200, body.slice(0, 300))
  return JSON.parse(body) as T
}

const search = (filters: Filters): string => `?${new URLSearchParams(filters as Record<string, string>)}`

test('numbers on the page equal those of PostgreSQL and of the marts under the same filters', async () => {
  await settled()
  await runStackDbt(stack, ['build'], () => {})
  const { departments, doctors, firstDay, lastDay } = await page<Choices>('/choices')
  const busiest = await sql((client) =>
    client.query<{ id: string; department: string; day: string }>(
      `SELECT doctor_id::text AS id, min(specialization) AS department, (min(visit_date) + 20)::text AS day
       FROM visits JOIN doctors USING (doctor_id) GROUP BY doctor_id ORDER BY count(*) DESC, doctor_id LIMIT 1`,
    ),
  )
  const { id, department, day } = busiest.rows[0]!
  assert.ok(departments.includes(department) && doctors.some((each) => each.id === id))
  assert.ok(firstDay! <= day && day <= lastDay!)
  const choices: Filters[] = [
    {},
    { department },
    { doctor: id },
    { from: day },
    { from: day, to: lastDay!, department, doctor: id },
  ]
  for (const filters of choices) {
    const { report } = await page<{ report: Report }>(`/report${search(filters)}`)
    const expected = await sql((client) => pageNumbers(client, filters))
    const name = JSON.stringify(filters)
    assert.ok(report.figures.visits > 0, name)
    assert.deepEqual(report.figures, expected.figures, name)
    assert.deepEqual(report.months, expected.months, name)
    assert.deepEqual(report.payments, expected.payments, name)
    assert.deepEqual(report.departments, expected.departments, name)
    assert.deepEqual(report.specializations, expected.specializations, name)
    assert.deepEqual(
      report.ages.map(({ name: band, patients }) => [band, patients]),
      expected.ages.map(([age, patients]) => [ageBand(age), patients]),
      name,
    )
    // Which of several with the same number come first is nobody's business.
    const numbers = (items: readonly Record<string, unknown>[]) =>
      items.map(({ name: _, ...rest }) => Object.values(rest))
    assert.deepEqual(numbers(report.doctorsByRevenue), expected.doctorsByRevenue, name)
    assert.deepEqual(numbers(report.doctorsByVisits), expected.doctorsByVisits, name)
    assert.deepEqual(numbers(report.diagnoses), expected.diagnoses, name)
    assert.deepEqual(numbers(report.medicines), expected.medicines, name)
  }
  const [mart] = await readWarehouse(stack.publishedFile, (rows) =>
    rows(
      'SELECT sum(total_visits)::VARCHAR AS visits, sum(total_revenue)::VARCHAR AS revenue FROM marts.monthly_visit_stats',
    ),
  )
  const { report } = await page<{ report: Report }>('/report')
  assert.deepEqual([String(report.figures.visits), report.figures.revenue], [mart!.visits, mart!.revenue])
})

test('a change is followed by its key from PostgreSQL to the reports', async () => {
  const key = await sql(async (client) => {
    const { rows } = await client.query<{ id: string }>(
      `UPDATE doctors SET experience_years = experience_years WHERE doctor_id = (SELECT max(doctor_id) FROM doctors) RETURNING doctor_id AS id`,
    )
    return rows[0]!.id
  })
  interface Step {
    id: string
    state: string
    at: string | null
  }
  const follow = async (): Promise<Map<string, Step>> => {
    const { steps, op } = await page<{ steps: Step[]; op: string }>(`/follow/doctors?key=${key}`)
    assert.equal(op, 'u')
    return new Map(steps.map((step) => [step.id, step]))
  }
  await eventually(async () => {
    const steps = await follow()
    for (const id of ['postgres', 'debezium', 'kafka', 'lake', 'clickhouse'])
      assert.equal(steps.get(id)?.state, 'there', id)
    assert.equal(steps.get('reports')?.state, 'not yet')
  })
  await settled()
  await runStackDbt(stack, ['run'], () => {})
  const steps = await follow()
  assert.deepEqual(
    [...steps.values()].filter(({ state }) => state !== 'there').map(({ id }) => id),
    [],
  )
  const times = [...steps.values()].flatMap(({ at }) => (at ? [Date.parse(at)] : []))
  assert.ok(times.length >= 6 && Math.max(...times) === times.at(-1), 'the reports have it last')
})

test('a part that stops makes the panel red within seconds, and says so in npm run status alike', async () => {
  const health = () => page<Health>('/health')
  const red = async (): Promise<void> => {
    const { state, checks } = await health()
    const parts = checks.find(({ id }) => id === 'parts')
    assert.deepEqual([state, parts?.state], ['bad', 'bad'])
    assert.match(parts?.value ?? '', /lake-sink/)
  }
  const pid = (await processes()).find(({ name }) => name === 'lake-sink')!.pid!
  process.kill(pid, 'SIGKILL')
  const from = Date.now()
  await eventually(red, 10)
  assert.ok(Date.now() - from < 10_000)
  await eventually(async () =>
    assert.equal((await health()).checks.find(({ id }) => id === 'parts')?.state, 'good'),
  )
})
