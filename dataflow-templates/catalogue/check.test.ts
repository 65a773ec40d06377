import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { readEnvironment } from '../launcher/environment.ts'
import { launchRequest } from '../launcher/request.ts'
import { checkParameters, templateNamed, templates } from './check.ts'

const good = {
  subscription: 'projects/hospital-test/subscriptions/alerts',
  alerts_topic: 'projects/hospital-test/topics/hospital-alerts',
  dead_letter_topic: 'projects/hospital-test/topics/hospital-dead-letters',
  lake: 'gs://hospital-lake',
}

function refused(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    assert.ok(error instanceof PipelineError && error.code === 'JOB_INVALID', String(error))
    return error.message
  }
  return assert.fail('was taken')
}

const alerts = (changes: Record<string, string | undefined>) => {
  const given = Object.entries({ ...good, ...changes }).filter(([, value]) => value !== undefined)
  return checkParameters(
    templateNamed('interaction-alerts'),
    Object.fromEntries(given) as Record<string, string>,
  )
}

test('each wrong parameter is named, with what is wrong and without its value', () => {
  const cases: [Record<string, string | undefined>, RegExp][] = [
    [{ alerts_topic: undefined }, /alerts_topic is missing/],
    [{ alerts_topic: 'hospital-alerts' }, /alerts_topic must be projects\/<project>\/topics\/<name>/],
    [{ minimum_severity: 'deadly' }, /minimum_severity must be one of moderate, major, contraindicated/],
    [{ days_without_duration: '-1' }, /days_without_duration must be a whole number from 0 to 3650/],
    [{ grace_days: '91' }, /grace_days must be from 1 to 90/],
    [{ since: 'yesterday' }, /since must be a time in UTC/],
    [{ lake: 'hospital-lake' }, /lake must be gs:/],
    [{ lake: undefined }, /lake is missing/],
    [{ subscription: undefined }, /subscription is missing, and so is history/],
    [{ history_from: '20260101' }, /history_from needs history/],
    [{ output: 'gs://hospital-lake/out' }, /output is for runs without subscription/],
    [{ severity: 'major' }, /severity is no parameter of it/],
    [{ 'Erika Mustermann': 'x' }, /\? is no parameter of it/],
  ]
  for (const [changes, wanted] of cases) {
    const message = refused(() => alerts(changes))
    assert.match(message, wanted)
    assert.match(message, /template=interaction-alerts/)
    assert.doesNotMatch(message, /deadly|yesterday|Erika/)
  }
})

test('all that is wrong is said at once', () => {
  const message = refused(() => alerts({ alerts_topic: undefined, grace_days: 'x', more: 'y' }))
  assert.match(message, /more is no parameter of it; alerts_topic is missing; grace_days must be/)
})

test('movers: offsets that are loaded, tables of the catalog, a query of it, and no password', () => {
  const stream = {
    subscription: good.subscription,
    lake: good.lake,
    dataset: 'hospital-test:raw',
    dead_letter_topic: good.dead_letter_topic,
  }
  const bigquery = (more: Record<string, string>) =>
    checkParameters(templateNamed('changes-to-bigquery'), { ...stream, ...more })
  assert.deepEqual(
    bigquery({ loaded: 'postgres-source.public.visits:0:1-5,postgres-source.public.visits:0:7-9' }).loaded,
    {
      'postgres-source.public.visits:0': [
        [1, 5],
        [7, 9],
      ],
    },
  )
  assert.deepEqual(bigquery({}).loaded, {})
  assert.match(
    refused(() => bigquery({ loaded: 'visits' })),
    /loaded/,
  )
  assert.match(
    refused(() => bigquery({ tables: 'visits,secrets' })),
    /tables must name tables of the catalog/,
  )
  const export_ = {
    jdbc_url: 'jdbc:postgresql://10.0.0.1:5432/hospital',
    username: 'reader',
    table: 'medicines',
    lake: good.lake,
    day: '20260302',
  }
  const values = checkParameters(templateNamed('postgres-to-lake'), export_)
  assert.equal(
    values.query,
    'SELECT "medicine_id"::bigint AS "medicine_id", "name"::text AS "name", "category"::text AS "category", ' +
      '"manufacturer"::text AS "manufacturer", "price"::text AS "price" FROM public."medicines" ORDER BY "medicine_id"',
  )
  assert.deepEqual((values.columns as unknown[])[2], ['category', 'text', true])
  const wrong = { ...export_, connection_properties: 'user=x;password=hunter2' }
  assert.match(
    refused(() => checkParameters(templateNamed('postgres-to-lake'), wrong)),
    /must not hold a password/,
  )
  const url = { ...export_, jdbc_url: 'jdbc:postgresql://u:p@10.0.0.1/hospital' }
  assert.match(
    refused(() => checkParameters(templateNamed('postgres-to-lake'), url)),
    /jdbc_url must be/,
  )
})

test('defaults are filled in', () => {
  assert.equal(alerts({}).grace_days, 8)
  assert.equal(alerts({ grace_days: '3' }).grace_days, 3)
})

test('an unknown template is refused, and the known ones are named', () => {
  assert.match(
    refused(() => templateNamed('nope')),
    /interaction-alerts.*google\/kafka-to-bigquery/,
  )
})

test("Google's templates: required parameters and what goes together", () => {
  const check = (name: string, given: Record<string, string>) =>
    refused(() => checkParameters(templateNamed(`google/${name}`), given))
  assert.match(check('pubsub-to-bigquery', {}), /outputTableSpec is missing/)
  assert.match(
    check('pubsub-to-bigquery', { outputTableSpec: 'hospital-test:marts.alerts' }),
    /inputSubscription or inputTopic must be there/,
  )
  assert.match(
    check('kafka-to-bigquery', {
      readBootstrapServerAndTopic: 'broker:9092;topic',
      writeMode: 'SINGLE_TABLE_NAME',
      kafkaReadAuthenticationMode: 'NONE',
      messageFormat: 'JSON',
      useBigQueryDLQ: 'false',
    }),
    /outputTableSpec is missing for writeMode/,
  )
  assert.match(check('jdbc-to-bigquery', { password: 'hunter2' }), /password must be projects/)
  assert.match(
    check('pubsub-to-gcs', { outputDirectory: 'gs://lake/alerts', windowDuration: 'soon' }),
    /windowDuration/,
  )
})

test('names and pages: each template once, each of ours with its page', async () => {
  assert.equal(new Set(templates.map(({ name }) => name)).size, templates.length)
  const { readFileSync } = await import('node:fs')
  const { join } = await import('node:path')
  for (const { name, parameters } of templates.filter(({ by }) => by === 'ours')) {
    const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'dataflow', `${name}.md`), 'utf8')
    for (const parameter of Object.keys(parameters))
      assert.ok(page.includes(`\`${parameter}\``), `${name}: ${parameter}`)
  }
})

test('an environment names each wrong setting and no value', () => {
  const message = refused(() =>
    readEnvironment({
      project: 'X',
      region: 'us-central1',
      serviceAccount: 'me@example.com',
      templates: 'gs://b',
      tempLocation: 'gs://b',
      workers: 9,
      extra: 'secret',
    }),
  )
  assert.match(message, /project must be.*serviceAccount must be/)
  assert.doesNotMatch(message, /me@example|secret/)
})

test('only streaming jobs are updated in place, and only they use the streaming engine', () => {
  const environment = readEnvironment({
    project: 'hospital-test',
    region: 'us-central1',
    serviceAccount: 'worker@hospital-test.iam.gserviceaccount.com',
    templates: 'gs://code',
    tempLocation: 'gs://temp',
  })
  const { subscription: _, lake: __, ...rest } = good
  const batch = {
    template: templateNamed('interaction-alerts'),
    parameters: { ...rest, history: 'gs://hospital-lake' },
  }
  const request = launchRequest(batch, environment)
  assert.equal(request.launchParameter?.environment?.enableStreamingEngine, false)
  assert.match(
    refused(() => launchRequest(batch, environment, { update: true })),
    /no streaming job/,
  )
})
