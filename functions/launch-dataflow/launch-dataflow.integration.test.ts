import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Launcher } from '@pipeline/dataflow-templates/launcher/launcher.ts'
import { type ErrorCode, PipelineError } from '@pipeline/hospital/errors.ts'
import { logBook, type Served, serve } from '../testing/serving.ts'
import { launchFunction, readJobs } from './function.ts'

const log = logBook()
const servers: Served[] = []
after(() => Promise.all(servers.map((each) => each.stop())))

async function served(failures: Partial<Record<string, ErrorCode>>, jobs: unknown = []) {
  const calls: string[] = []
  const launch: Launcher['launch'] = async (template, { name, parameters }) => {
    calls.push(`${template} ${name ?? '-'} ${JSON.stringify(parameters)}`)
    const code = failures[template]
    if (code) throw new PipelineError(code, { job: template })
    return { id: 'id-1', name: template, state: 'queued', since: null }
  }
  const server = await serve(launchFunction({ launcher: { launch } as Launcher, jobs: readJobs(jobs), log }))
  servers.push(server)
  return { server, calls }
}

test('each job of the settings is launched unless it runs, and one that fails keeps no other', async () => {
  const jobs = [
    { template: 'interaction-alerts', parameters: { lake: 'gs://lake' } },
    { template: 'activity-sessions', name: 'sessions' },
    { template: 'operations-5m' },
  ]
  const { server, calls } = await served({ 'activity-sessions': 'JOB_EXISTS' }, jobs)
  const answer = await server.post('{}')
  assert.equal(answer.status, 200)
  const body = (await answer.json()) as { jobs: { outcome: string }[] }
  assert.deepEqual(
    body.jobs.map(({ outcome }) => outcome),
    ['launched', 'running', 'launched'],
  )
  assert.deepEqual(calls, [
    'interaction-alerts - {"lake":"gs://lake"}',
    'activity-sessions sessions {}',
    'operations-5m - {}',
  ])
  const failing = await served({ 'interaction-alerts': 'DATAFLOW_UNAVAILABLE' }, jobs)
  assert.equal((await failing.server.post('{}')).status, 503)
  assert.equal(failing.calls.length, 3)
  const refused = await served(
    { 'interaction-alerts': 'DATAFLOW_UNAVAILABLE', 'operations-5m': 'JOB_INVALID' },
    jobs,
  )
  assert.equal((await refused.server.post('{}')).status, 500)
})

test('one job is launched on request; its answer says what is wrong', async () => {
  const { server, calls } = await served({ taken: 'JOB_EXISTS', wrong: 'JOB_INVALID' })
  const post = async (body: unknown) =>
    (await server.post(typeof body === 'string' ? body : JSON.stringify(body))).status
  assert.equal(await post({ template: 'fine', parameters: { a: 'b' } }), 200)
  assert.equal(await post({ template: 'taken' }), 409)
  assert.equal(await post({ template: 'wrong' }), 400)
  for (const bad of [
    'no json',
    { template: 7 },
    { template: 'x', more: 1 },
    { template: 'x', parameters: { a: 1 } },
    [],
  ]) {
    assert.equal(await post(bad), 400, JSON.stringify(bad))
  }
  assert.equal(calls.length, 3)
})

test('settings that are no jobs are named, and none of their values', () => {
  assert.throws(
    () =>
      readJobs([
        { template: 'x', parameters: { a: 'b' } },
        { template: 'secret', parameters: { a: 1 } },
      ]),
    (error: unknown) =>
      error instanceof PipelineError && /DATAFLOW_JOBS is wrong at 1.parameters.a/.test(error.message),
  )
})
