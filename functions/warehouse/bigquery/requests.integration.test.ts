import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { batchOf, visitChanges } from '../../testing/batches.ts'
import {
  type Asked,
  apiError,
  done,
  type FakeBigquery,
  failed,
  jobOf,
  startFakeBigquery,
} from '../../testing/fake-bigquery.ts'
import type { LoadPlan, StagedObject } from '../port.ts'
import { type Applying, applyLoad } from './apply.ts'
import { LoadBudget } from './budget.ts'
import { Jobs } from './jobs.ts'
import { Ledger } from './ledger.ts'

const NOW = Date.parse('2024-03-05T23:00:00Z')
const datasets = { raw: 'raw', loads: 'loads' }
let fake: FakeBigquery
let folder: string
let plan: LoadPlan
let staged: StagedObject[]

before(async () => {
  fake = await startFakeBigquery()
  folder = await mkdtemp(join(tmpdir(), 'requests-'))
  const { name } = batchOf(visitChanges(1, 3))
  const object = { name, generation: '7', size: 10, storedAt: '2024-03-05T10:20:30.123Z' }
  const file = join(folder, '0.ndjson')
  await writeFile(file, '{"op":"c"}\n'.repeat(3))
  plan = { loadId: 'visits-abc', table: 'visits', objects: [object] }
  staged = [{ object, name: parseLakeName(name)!, file, rows: 3, bytes: 33, longestLine: 11 }]
})
after(async () => {
  await fake.stop()
  await rm(folder, { recursive: true, force: true })
})

function applying(budget = 10): Applying {
  const jobs = new Jobs(fake.bigquery, { timeoutMs: 3_000, pauseMs: 1, now: () => NOW })
  return {
    jobs,
    datasets,
    ledger: new Ledger(jobs, datasets),
    budget: new LoadBudget(jobs, datasets, budget),
  }
}

interface World {
  /** Statuses of jobs by id; made by inserts as done. */
  jobs: Map<string, object>
  /** What the ledger says of the object, state by state of the round. */
  ledger: string[]
  applied: boolean[]
  staging: boolean[]
  /** When loads of earlier processes were done, ms. */
  earlier: number[]
}

const rowsOf = (fields: string[], rows: (string | null)[][], type = 'STRING') => ({
  jobComplete: true,
  jobReference: { projectId: 'test-project', jobId: 'q', location: 'EU' },
  schema: { fields: fields.map((name) => ({ name, type })) },
  rows: rows.map((row) => ({ f: row.map((v) => ({ v })) })),
})

/** A BigQuery in which one object is planned, and that carries out what it is asked. */
function world(given: Partial<World> = {}): World {
  const it: World = {
    jobs: new Map(),
    ledger: ['planned'],
    applied: [true],
    staging: [true],
    earlier: [],
    ...given,
  }
  const texts = new Map<string, string>()
  fake.answer(({ method, path, body, upload }) => {
    const query = (body.configuration as { query?: { query: string } })?.query?.query
    if (method === 'POST' && path === '/jobs') {
      const { jobId } = body.jobReference as { jobId: string }
      if (it.jobs.has(jobId)) return apiError(409, 'duplicate')
      texts.set(jobId, query ?? '')
      if (upload || !it.jobs.has(jobId)) it.jobs.set(jobId, done)
      return jobOf(jobId, { state: 'RUNNING' })
    }
    if (path.startsWith('/jobs/')) {
      const id = path.split('/')[2]!
      const status = it.jobs.get(id)
      return status && jobOf(id, status as Record<string, unknown>)
    }
    if (path.startsWith('/queries/')) {
      const text = texts.get(path.split('/')[2]!) ?? 'BEGIN TRANSACTION'
      if (text.includes('BEGIN TRANSACTION'))
        return rowsOf(
          ['applied'],
          [[String(it.applied.length > 1 ? it.applied.shift() : it.applied[0])]],
          'BOOLEAN',
        )
      if (text.includes('doneMs'))
        return rowsOf(
          ['doneMs'],
          it.earlier.map((at) => [String(at)]),
        )
      if (text.includes('unreadable'))
        return rowsOf(['n', 'lines', 'fresh', 'unreadable'], [['-1', '3', '3', '0']])
      const state = it.ledger.length > 1 ? it.ledger.shift()! : it.ledger[0]!
      const { name, generation } = plan.objects[0]!
      return rowsOf(
        ['name', 'generation', 'state', 'topic', 'part', 'first', 'last'],
        [[name, generation, state, 'postgres-source.public.visits', '0', '1', '3']],
      )
    }
    if (path.startsWith('/datasets/loads/tables/')) {
      if (method === 'DELETE') return {}
      return (it.staging.length > 1 ? it.staging.shift() : it.staging[0])
        ? { kind: 'bigquery#table', tableReference: {} }
        : undefined
    }
    return undefined
  })
  return it
}

const made = (prefix: string, upload = prefix.startsWith('load')) =>
  fake.asked
    .filter((asked) => asked.method === 'POST' && asked.upload === upload)
    .map(({ body }) => (body.jobReference as { jobId: string }).jobId)
    .filter((id) => id.startsWith(prefix))
const loads = () => made('load_')
const applies = () => made('apply_')

test('a load is one load job that replaces a table of its own, and one transaction, under ids made of its objects', async () => {
  world()
  assert.deepEqual(await applyLoad(applying(), plan, staged), { objects: 1, rows: 3, duplicates: 0 })
  const [upload] = fake.asked.filter((asked: Asked) => asked.upload)
  const { load } = upload!.body.configuration as { load: Record<string, unknown> }
  const [id] = loads()
  assert.match(id!, /^load_visits__[0-9a-f]{32}_20240305_0$/)
  assert.deepEqual(
    [load.sourceFormat, load.writeDisposition, load.maxBadRecords],
    ['NEWLINE_DELIMITED_JSON', 'WRITE_TRUNCATE', 0],
  )
  assert.deepEqual(load.destinationTable, {
    projectId: 'test-project',
    datasetId: 'loads',
    tableId: id!.replace('load_visits__', 'visits_').replace('_20240305_0', ''),
  })
  assert.equal(applies().length, 1)
  assert.equal(fake.asked.at(-1)!.method, 'DELETE')
  assert.deepEqual(await readdir(folder), ['0.ndjson'])
  const first = [...loads(), ...applies()]
  world()
  await applyLoad(applying(), plan, staged)
  assert.deepEqual([...loads(), ...applies()], first)
})

test('invariant 2: jobs of a call that was killed are found, and neither is done again', async () => {
  world()
  await applyLoad(applying(), plan, staged)
  const [load, apply] = [loads()[0]!, applies()[0]!]
  world({
    jobs: new Map([
      [load, done],
      [apply, done],
    ]),
  })
  assert.deepEqual(await applyLoad(applying(), plan, staged), { objects: 1, rows: 3, duplicates: 0 })
  assert.deepEqual([loads(), applies()], [[load], [apply]])
})

test('a load job that failed for a passing reason is made again; one whose table is gone too', async () => {
  world()
  await applyLoad(applying(), plan, staged)
  const load = loads()[0]!
  const next = load.replace(/0$/, '1')
  world({ jobs: new Map([[load, failed('backendError')]]) })
  await applyLoad(applying(), plan, staged)
  assert.deepEqual(loads(), [load, next])
  world({ jobs: new Map([[load, done]]), staging: [false, true] })
  await applyLoad(applying(), plan, staged)
  assert.deepEqual(loads(), [load, next])
})

test('contents that BigQuery refuses are LAKE_OBJECT_BROKEN, without its text', async () => {
  world()
  await applyLoad(applying(), plan, staged)
  world({ jobs: new Map([[loads()[0]!, failed('invalid')]]) })
  await assert.rejects(applyLoad(applying(), plan, staged), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'LAKE_OBJECT_BROKEN')
    assert.doesNotMatch(`${error.message} ${error.cause}`, /Erika/)
    return true
  })
  assert.deepEqual(applies(), [])
})

test('a load that another one came before reads the ledger again', async () => {
  world({ applied: [false, true] })
  assert.equal((await applyLoad(applying(), plan, staged)).objects, 1)
  assert.deepEqual(
    applies().map((id) => id.at(-1)),
    ['0', '1'],
  )
  world({ applied: [false], ledger: ['planned', 'done'] })
  assert.deepEqual(await applyLoad(applying(), plan, staged), { objects: 0, rows: 0, duplicates: 0 })
  world({ applied: [false] })
  await assert.rejects(applyLoad(applying(), plan, staged), { code: 'WAREHOUSE_UNAVAILABLE' })
})

test('load jobs of a table have a budget of 24 hours, which outlives a process', async () => {
  const at = (hours: number) => NOW - hours * 3_600_000
  const earlier = [at(1), at(23), at(25)]
  world({ earlier })
  const on = applying(3)
  await applyLoad(on, plan, staged)
  world({ earlier })
  await assert.rejects(applyLoad(on, plan, staged), { code: 'WAREHOUSE_QUOTA_SPENT', retry: 'backoff' })
  assert.deepEqual(loads(), [])
  world({ earlier: [] })
  await applyLoad(applying(1), plan, staged)
  assert.equal(loads().length, 1)
})
