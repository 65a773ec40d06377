import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import grpc from '@grpc/grpc-js'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { GoogleAuth, PassThroughClient } from 'google-auth-library'
import { type FakeDataflow, startFakeDataflow } from '../testing/fake-dataflow.ts'
import { type Dataflow, openDataflow } from './client.ts'
import { readEnvironment } from './environment.ts'
import { createLauncher, type Launcher } from './launcher.ts'

const environment = readEnvironment({
  project: 'hospital-test',
  region: 'us-central1',
  serviceAccount: 'dataflow-worker@hospital-test.iam.gserviceaccount.com',
  templates: 'gs://hospital-code/dataflow/0123456789abcdef/',
  tempLocation: 'gs://hospital-temp/dataflow',
  subnetwork: 'regions/us-central1/subnetworks/hospital',
  kmsKey: 'projects/hospital-test/locations/us-central1/keyRings/hospital/cryptoKeys/data',
  workers: 2,
  maxWorkers: 8,
  labels: { environment: 'test' },
})
const parameters = {
  subscription: 'projects/hospital-test/subscriptions/interaction-alerts',
  alerts_topic: 'projects/hospital-test/topics/hospital-alerts',
  dead_letter_topic: 'projects/hospital-test/topics/hospital-dead-letters',
  lake: 'gs://hospital-lake',
}

const code =
  (wanted: string, ...texts: RegExp[]) =>
  (error: unknown) => {
    assert.ok(error instanceof PipelineError, String(error))
    assert.equal(error.code, wanted, error.message)
    for (const text of texts) assert.match(error.message, text)
    return true
  }

for (const via of ['grpc', 'rest'] as const) {
  describe(`over ${via}`, () => {
    let server: Awaited<ReturnType<typeof startFakeDataflow>>
    let dataflow: Dataflow
    let fake: FakeDataflow
    let launcher: Launcher
    before(async () => {
      server = await startFakeDataflow()
      fake = server.fake
      const auth = new GoogleAuth({ authClient: new PassThroughClient() }) as never
      dataflow = openDataflow({
        via,
        timeoutMs: 5000,
        client:
          via === 'grpc'
            ? {
                auth,
                apiEndpoint: '127.0.0.1',
                port: server.grpcPort,
                sslCreds: grpc.credentials.createInsecure() as never,
              }
            : { auth, apiEndpoint: '127.0.0.1', port: server.restPort, protocol: 'http' },
      })
      launcher = createLauncher({ dataflow, environment, firstWaitMs: 1 })
    })
    after(async () => {
      await dataflow.close()
      await server.stop()
    })
    beforeEach(() => {
      fake.calls.length = 0
      fake.jobs.length = 0
    })

    test('a launch is one request that says everything', async () => {
      const job = await launcher.launch('interaction-alerts', { parameters })
      assert.deepEqual(job, {
        id: '2026-11-24_08_00_00-1',
        name: 'interaction-alerts',
        state: 'queued',
        since: '2026-09-21T14:13:20.000Z',
      })
      const [request] = fake.requests('LaunchFlexTemplate') as unknown as [Record<string, unknown>]
      const { parameters: sent, ...launch } = request.launchParameter as Record<string, unknown>
      assert.deepEqual(JSON.parse((sent as Record<string, string>).jinja_variables!), {
        ...parameters,
        history: null,
        history_from: null,
        output: null,
        minimum_severity: 'moderate',
        days_without_duration: 30,
        grace_days: 8,
        wait_minutes: 60,
        since: null,
      })
      assert.equal(
        (sent as Record<string, string>).yaml_pipeline_file,
        'gs://hospital-code/dataflow/0123456789abcdef/interaction-alerts.yaml',
      )
      assert.deepEqual(Object.keys(sent as object).sort(), ['jinja_variables', 'yaml_pipeline_file'])
      delete (launch as { template?: string }).template
      assert.deepEqual(
        { ...request, launchParameter: { update: false, ...launch } },
        {
          projectId: 'hospital-test',
          location: 'us-central1',
          launchParameter: {
            update: false,
            jobName: 'interaction-alerts',
            containerSpecGcsPath: 'gs://dataflow-templates-us-central1/latest/flex/Yaml_Template',
            environment: {
              numWorkers: 2,
              maxWorkers: 8,
              machineType: 'n2-standard-2',
              serviceAccountEmail: 'dataflow-worker@hospital-test.iam.gserviceaccount.com',
              tempLocation: 'gs://hospital-temp/dataflow',
              subnetwork: 'regions/us-central1/subnetworks/hospital',
              kmsKeyName: environment.kmsKey,
              ipConfiguration: 'WORKER_IP_PRIVATE',
              enableStreamingEngine: true,
              additionalUserLabels: {
                environment: 'test',
                pipeline: 'hospital',
                template: 'interaction-alerts',
              },
            },
          },
        },
      )
      if (via === 'grpc') {
        const routing = String(fake.calls.at(-1)!.metadata['x-goog-request-params'])
        assert.match(routing, /project_id=hospital-test/)
        assert.match(routing, /location=us-central1/)
      }
    })

    test('a job of the same name is not launched twice', async () => {
      const first = await launcher.launch('interaction-alerts', { parameters })
      await assert.rejects(
        launcher.launch('interaction-alerts', { parameters }),
        code('JOB_EXISTS', new RegExp(first.id)),
      )
      assert.equal(fake.requests('LaunchFlexTemplate').length, 1)
      await launcher.launch('interaction-alerts', { name: 'alerts-two', parameters })
      await launcher.drain('interaction-alerts')
      await launcher.launch('interaction-alerts', { parameters })
      assert.equal(fake.jobs.length, 3)
    })

    test('one that somebody else launches meanwhile is not launched twice either', async () => {
      fake.failNext('LaunchFlexTemplate', 6)
      await assert.rejects(launcher.launch('interaction-alerts', { parameters }), code('JOB_EXISTS'))
    })

    test('a launch whose answer was lost is found again, not launched again', async () => {
      fake.failNext('LaunchFlexTemplate', 14, { done: true })
      const job = await launcher.launch('interaction-alerts', { parameters })
      assert.equal(job.id, fake.jobs[0]!.id)
      assert.equal(fake.jobs.length, 1)
      assert.equal(fake.requests('LaunchFlexTemplate').length, 1)
    })

    test('what may pass is tried again, and given up after its attempts', async () => {
      for (const each of [14, 8, 13]) fake.failNext('LaunchFlexTemplate', each)
      await launcher.launch('interaction-alerts', { parameters })
      assert.equal(fake.requests('LaunchFlexTemplate').length, 4)
      for (let at = 0; at < 4; at++) fake.failNext('ListJobs', 14)
      await assert.rejects(launcher.list(), code('DATAFLOW_UNAVAILABLE', /status=UNAVAILABLE/))
    })

    test('a refusal is not tried again, names the parameter and never its value', async () => {
      fake.failNext('LaunchFlexTemplate', 3, { message: 'Invalid value for alerts_topic: secret-text' })
      await assert.rejects(launcher.launch('interaction-alerts', { parameters }), (error: unknown) => {
        code('JOB_INVALID', /parameters=alerts_topic/)(error)
        assert.doesNotMatch((error as Error).message, /secret-text/)
        return true
      })
      fake.failNext('LaunchFlexTemplate', 7, { message: 'secret-text' })
      await assert.rejects(launcher.launch('interaction-alerts', { parameters }), code('DATAFLOW_REFUSED'))
      assert.equal(fake.requests('LaunchFlexTemplate').length, 2)
    })

    test('all pages of the list, and jobs that ended are left out', async () => {
      for (const name of ['one', 'two', 'three', 'four', 'five'])
        await launcher.launch('interaction-alerts', { name, parameters })
      await launcher.cancel('two')
      assert.deepEqual(
        (await launcher.list()).map(({ name }) => name),
        ['one', 'three', 'four', 'five'],
      )
      assert.ok(fake.requests('ListJobs').every(({ filter }) => filter === 'ACTIVE'))
    })

    test('drain and cancel ask for their states; a job that does not run is unknown', async () => {
      const { id } = await launcher.launch('interaction-alerts', { parameters })
      assert.equal((await launcher.drain('interaction-alerts')).state, 'drained')
      const second = await launcher.launch('interaction-alerts', { parameters })
      fake.failNext('UpdateJob', 14)
      assert.equal((await launcher.cancel('interaction-alerts')).state, 'cancelled')
      assert.deepEqual(
        fake
          .requests('UpdateJob')
          .map(({ jobId, job }) => [jobId, (job as { requestedState: string }).requestedState]),
        [
          [id, 'JOB_STATE_DRAINED'],
          [second.id, 'JOB_STATE_CANCELLED'],
          [second.id, 'JOB_STATE_CANCELLED'],
        ],
      )
      await assert.rejects(launcher.drain('interaction-alerts'), code('JOB_UNKNOWN'))
    })

    test('an update takes the place of the running job', async () => {
      await assert.rejects(launcher.update('interaction-alerts', { parameters }), code('JOB_UNKNOWN'))
      assert.equal(fake.requests('LaunchFlexTemplate').length, 0)
      const { id } = await launcher.launch('interaction-alerts', { parameters })
      const updated = await launcher.update('interaction-alerts', { parameters })
      assert.notEqual(updated.id, id)
      const last = fake.requests('LaunchFlexTemplate').at(-1)!.launchParameter as Record<string, unknown>
      assert.equal(last.update, true)
      assert.deepEqual(
        (await launcher.list()).map((job) => job.id),
        [updated.id],
      )
    })

    test("Google's template gets its own parameters", async () => {
      await launcher.launch('google/pubsub-to-bigquery', {
        parameters: {
          inputSubscription: 'projects/hospital-test/subscriptions/alerts',
          outputTableSpec: 'hospital-test:marts.alerts',
          useStorageWriteApi: 'yes',
        },
      })
      const [request] = fake.requests('LaunchFlexTemplate')
      const sent = request!.launchParameter as Record<string, unknown>
      assert.equal(
        sent.containerSpecGcsPath,
        'gs://dataflow-templates-us-central1/latest/flex/PubSub_to_BigQuery_Flex',
      )
      assert.deepEqual(sent.parameters, {
        inputSubscription: 'projects/hospital-test/subscriptions/alerts',
        outputTableSpec: 'hospital-test:marts.alerts',
        useStorageWriteApi: 'true',
      })
    })
  })
}
