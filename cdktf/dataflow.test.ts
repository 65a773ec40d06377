import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pipelineText } from '@pipeline/dataflow-templates/build.ts'
import { checkParameters, templateNamed } from '@pipeline/dataflow-templates/catalogue/check.ts'
import { pipelineNames } from '@pipeline/dataflow-templates/catalogue/pipelines.ts'
import { readEnvironment } from '@pipeline/dataflow-templates/launcher/environment.ts'
import { all, type Json, settingsWith, synthesize } from './testing/synthesized.ts'

const jobs = [
  { template: 'interaction-alerts', parameters: { minimum_severity: 'major' } },
  { template: 'operations-5m' },
  { template: 'changes-to-bigquery' },
]
const { pipeline } = synthesize(settingsWith({ dataflow: jobs }))
const variables = all(pipeline, 'google_cloudfunctions2_function').find(
  (each) => each.name === 'demo-launch-dataflow',
).service_config.environment_variables

test('launch-dataflow knows where jobs run, and each job that is to run with parameters that its template takes', () => {
  const environment = readEnvironment(JSON.parse(variables.DATAFLOW_ENVIRONMENT))
  assert.equal(environment.serviceAccount, 'demo-dataflow@my-hospital-project.iam.gserviceaccount.com')
  const wanted = JSON.parse(variables.DATAFLOW_JOBS) as {
    template: string
    parameters: Record<string, string>
  }[]
  assert.deepEqual(
    wanted.map(({ template }) => template),
    jobs.map(({ template }) => template),
  )
  for (const { template, parameters } of wanted) checkParameters(templateNamed(template), parameters)
  assert.equal(wanted[0]!.parameters.minimum_severity, 'major')
  const subscriptions = all(pipeline, 'google_pubsub_subscription')
  for (const { parameters } of wanted) {
    const name = parameters.subscription!.split('/').at(-1)
    assert.ok(
      subscriptions.some((each: Json) => each.name === name && !each.push_config),
      name,
    )
  }
})

test('a job reads only the tables that its pipeline wants; without jobs there is no subscription to pay for', () => {
  const filters = Object.fromEntries(
    Object.entries(pipeline.resource.google_pubsub_subscription!)
      .filter(([id]) => id.startsWith('dataflow-'))
      .map(([id, { filter }]) => [id, filter]),
  )
  assert.deepEqual(filters, {
    'dataflow-interaction-alerts': 'attributes.table = "medicines" OR attributes.table = "prescriptions"',
    'dataflow-operations-5m':
      'attributes.table = "doctors" OR attributes.table = "visits" OR attributes.table = "billing_payments"',
    'dataflow-changes-to-bigquery': undefined,
  })
  const none = synthesize(settingsWith()).pipeline
  assert.ok(!Object.keys(none.resource.google_pubsub_subscription!).some((id) => id.startsWith('dataflow-')))
})

test("Dataflow's own account gets the key with the first job, and not before", () => {
  const mayEncrypt = (stack: typeof pipeline) =>
    all(stack, 'google_kms_crypto_key_iam_member').some((each) =>
      /dataflow-service-producer/.test(each.member),
    )
  assert.ok(mayEncrypt(pipeline))
  assert.ok(!mayEncrypt(synthesize(settingsWith()).pipeline))
})

test('the texts that are launched are those of the pipelines, and lie where the launcher looks', () => {
  const { templates } = readEnvironment(JSON.parse(variables.DATAFLOW_ENVIRONMENT))
  for (const name of pipelineNames) {
    const object = pipeline.resource.google_storage_bucket_object![`pipeline-${name}`]
    assert.equal(object.content.replace(/\$\$\{/g, '${').replace(/%%\{/g, '%{'), pipelineText(name))
    assert.doesNotMatch(object.content.replace(/\$\$\{|%%\{/g, ''), /[$%]\{/)
    assert.equal(templates.split('/').slice(3).join('/'), object.name.split('/').slice(0, -1).join('/'))
  }
})

test('invariant 8: alerts reach BigQuery in the dataset of the care team alone', () => {
  const table = pipeline.resource.google_bigquery_table!['interaction-alerts']
  assert.match(table.dataset_id, /dataset-restricted/)
  const subscription = pipeline.resource.google_pubsub_subscription!['alerts-to-bigquery']
  assert.equal(
    subscription.bigquery_config.table,
    ['project', 'dataset_id', 'table_id']
      .map((part) => `\${google_bigquery_table.interaction-alerts.${part}}`)
      .join('.'),
  )
  assert.equal(subscription.dead_letter_policy.max_delivery_attempts, 50)
  assert.equal(all(pipeline, 'google_bigquery_table_iam_member').length, 2)
})
