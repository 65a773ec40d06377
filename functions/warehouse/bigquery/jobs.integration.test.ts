import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import {
  type Asked,
  apiError,
  done,
  type FakeBigquery,
  failed,
  jobOf,
  startFakeBigquery,
} from '../../testing/fake-bigquery.ts'
import { JobFailed, Jobs } from './jobs.ts'

let fake: FakeBigquery
let jobs: Jobs
before(async () => {
  fake = await startFakeBigquery()
  jobs = new Jobs(fake.bigquery, { timeoutMs: 3_000, pauseMs: 1 })
})
after(() => fake.stop())

const insert = ({ method, path }: Asked) => method === 'POST' && path === '/jobs'
const idOf = ({ body, path }: Asked): string =>
  (body.jobReference as { jobId?: string } | undefined)?.jobId ?? path.split('/')[2]!
const ids = () => fake.asked.filter(insert).map(idOf)
const once = () =>
  jobs.once(
    'apply',
    (attempt) => `job_${attempt}`,
    async (jobId) => {
      const [job] = await fake.bigquery.createQueryJob({ query: 'SELECT 1', jobId })
      return job
    },
  )
const conflict = apiError(409, 'duplicate', 'Already Exists: Job test-project:EU.job_0')

test('invariant 2: a job that is there and done counts, and is not made again', async () => {
  fake.answer((asked) => (insert(asked) ? conflict : jobOf(idOf(asked), done)))
  const { id, found, attempt } = await once()
  assert.deepEqual([id, found, attempt, ids()], ['job_0', true, 0, ['job_0']])
})

test('invariant 2: a job that is there and runs is waited for', async () => {
  let looks = 0
  fake.answer((asked) =>
    insert(asked) ? conflict : jobOf(idOf(asked), ++looks < 4 ? { state: 'RUNNING' } : done),
  )
  assert.equal((await once()).found, true)
  assert.deepEqual([looks, ids()], [4, ['job_0']])
})

test('a job that is there and failed for a passing reason is made again under the next id', async () => {
  const there = new Map([
    ['job_0', failed('backendError')],
    ['job_1', failed('invalidQuery', 'Transaction is aborted due to concurrent update against table t')],
  ])
  fake.answer((asked) => {
    const id = idOf(asked)
    if (!insert(asked)) return jobOf(id, there.get(id) ?? done)
    return there.has(id) ? apiError(409, 'duplicate') : jobOf(id, { state: 'PENDING' })
  })
  const { id, found, attempt } = await once()
  assert.deepEqual([id, found, attempt], ['job_2', false, 2])
  assert.deepEqual(ids(), ['job_0', 'job_1', 'job_2'])
})

test('a job that failed for good is not made again', async () => {
  fake.answer((asked) => (insert(asked) ? conflict : jobOf(idOf(asked), failed('invalid'))))
  await assert.rejects(once(), (error) => error instanceof JobFailed && error.status.reason === 'invalid')
  assert.deepEqual(ids(), ['job_0'])
})

test('a job whose making was never answered is found by its id', async () => {
  let made = false
  fake.answer((asked) => {
    if (!insert(asked)) return made ? jobOf(idOf(asked), done) : undefined
    made = true
    return apiError(503, 'backendError')
  })
  assert.equal((await once()).found, true)
  assert.ok(ids().every((id) => id === 'job_0'))
})

for (const [status, reason] of [
  [429, 'rateLimitExceeded'],
  [503, 'backendError'],
  [500, 'internalError'],
] as const) {
  test(`${status} is tried again under the same id`, async () => {
    let inserts = 0
    fake.answer((asked) => {
      if (!insert(asked)) return inserts > 1 ? jobOf(idOf(asked), done) : undefined
      return ++inserts === 1 ? apiError(status, reason) : jobOf(idOf(asked), { state: 'RUNNING' })
    })
    assert.equal((await once()).attempt, 0)
    assert.deepEqual(ids(), ['job_0', 'job_0'])
  })
}

test('the state of a job tells: errors without an errorResult are warnings', async () => {
  const warned = { state: 'DONE', errors: [{ reason: 'invalid', message: 'Erika' }] }
  fake.answer((asked) => jobOf(idOf(asked), warned))
  assert.equal((await once()).id, 'job_0')
})

test('a job that runs on is left to the next call', async () => {
  const short = new Jobs(fake.bigquery, { timeoutMs: 20, pauseMs: 1 })
  fake.answer((asked) => jobOf(idOf(asked), { state: 'RUNNING' }))
  const start = async (jobId: string) => (await fake.bigquery.createQueryJob({ query: 'SELECT 1', jobId }))[0]
  await assert.rejects(
    short.once('apply', (n) => `job_${n}`, start),
    { code: 'WAREHOUSE_UNAVAILABLE', retry: 'backoff' },
  )
  assert.deepEqual(ids(), ['job_0'])
})

test('attempts of a day have an end', async () => {
  fake.answer((asked) => (insert(asked) ? conflict : jobOf(idOf(asked), failed('backendError'))))
  const quick = new Jobs(fake.bigquery, { timeoutMs: 3_000, pauseMs: 0.01 })
  const start = async (jobId: string) => (await fake.bigquery.createQueryJob({ query: 'SELECT 1', jobId }))[0]
  await assert.rejects(
    quick.once('apply', (n) => `job_${n}`, start),
    { code: 'WAREHOUSE_UNAVAILABLE' },
  )
  assert.equal(new Set(ids()).size, 20)
})

for (const [status, reason, code, retry] of [
  [403, 'quotaExceeded', 'WAREHOUSE_QUOTA_SPENT', 'backoff'],
  [403, 'accessDenied', 'WAREHOUSE_REFUSED', 'never'],
  [404, 'notFound', 'WAREHOUSE_REFUSED', 'never'],
  [400, 'invalidQuery', 'WAREHOUSE_REFUSED', 'never'],
] as const) {
  test(`invariant 8: ${reason} of a request and of a job is ${code}, without BigQuery's text`, async () => {
    for (const answer of [
      () => apiError(status, reason),
      (asked: Asked) => jobOf('q', insert(asked) ? { state: 'RUNNING' } : failed(reason)),
    ]) {
      fake.answer(answer)
      await assert.rejects(jobs.query('read', 'SELECT 1'), (error) => {
        assert.ok(error instanceof PipelineError)
        assert.deepEqual([error.code, error.retry], [code, retry])
        assert.match(error.message, new RegExp(reason))
        assert.doesNotMatch(`${error.message} ${error.stack} ${error.cause}`, /Erika/)
        return true
      })
    }
  })
}

test('results come page by page', async () => {
  const rows = [['a', 'b'], ['c'], ['d']]
  fake.answer((asked) => {
    if (insert(asked)) return jobOf('q', { state: 'RUNNING' })
    if (asked.path.startsWith('/jobs/')) return jobOf('q', done)
    const page = Number(asked.query.get('pageToken') ?? 0)
    return {
      jobComplete: true,
      jobReference: { projectId: 'test-project', jobId: 'q', location: 'EU' },
      schema: { fields: [{ name: 'x', type: 'STRING' }] },
      rows: rows[page]!.map((v) => ({ f: [{ v }] })),
      ...(page + 1 < rows.length ? { pageToken: String(page + 1) } : {}),
    }
  })
  const pages: string[][] = []
  for await (const page of jobs.pages<{ x: string }>('read', 'SELECT x')) pages.push(page.map(({ x }) => x))
  assert.deepEqual(pages, rows)
})
