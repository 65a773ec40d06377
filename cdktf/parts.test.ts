import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manifest } from '@pipeline/functions/manifest.ts'
import { type FunctionEntry, SECRETS, TOPICS } from '@pipeline/functions/manifest-parts.ts'
import { changesSpec, LEDGER } from '@pipeline/functions/warehouse/bigquery/schema.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { all, choices, everything, synthesize } from './testing/synthesized.ts'

const demo = synthesize(choices.demo!)
const { pipeline } = demo
const ref = (type: string, id: string, field: string) => `\${${type}.${id}.${field}}`

test('each entry of the manifest has its function, and there is no other', () => {
  const functions = all(pipeline, 'google_cloudfunctions2_function')
  assert.deepEqual(
    functions.map((each) => each.name).sort(),
    manifest.map(({ name }) => `demo-${name}`).sort(),
  )
  for (const { name, entryPoint, memoryMiB, timeoutSeconds, concurrency, maxInstances } of manifest) {
    const { build_config: built, service_config: service } = functions.find(
      (each) => each.name === `demo-${name}`,
    )
    assert.equal(built.entry_point, entryPoint)
    assert.equal(service.available_memory, `${memoryMiB}Mi`)
    assert.equal(service.timeout_seconds, timeoutSeconds)
    assert.equal(service.max_instance_request_concurrency, concurrency)
    assert.equal(service.max_instance_count, maxInstances)
  }
})

test('each push subscription has OIDC, retries, and dead letters with the rights that Pub/Sub needs for them', () => {
  const pushed = manifest.filter(({ trigger }) => trigger.kind === 'push')
  const pushes = all(pipeline, 'google_pubsub_subscription').filter((each) => each.push_config)
  assert.equal(pushes.length, pushed.length)
  for (const { name, trigger } of pushed) {
    assert.ok(trigger.kind === 'push')
    const subscription = pipeline.resource.google_pubsub_subscription![`push-${name}`]
    const uri = ref('google_cloudfunctions2_function', `function-${name}`, 'service_config[0].uri')
    assert.deepEqual(subscription.push_config, {
      push_endpoint: uri,
      oidc_token: {
        audience: uri,
        service_account_email: 'demo-push@my-hospital-project.iam.gserviceaccount.com',
      },
    })
    assert.ok(subscription.depends_on.includes(`google_cloud_run_service_iam_member.call-${name}-push`))
    assert.equal(subscription.topic, ref('google_pubsub_topic', `topic-${trigger.topic}`, 'id'))
    if (trigger.deadLetterTopic === null) {
      assert.equal(trigger.topic, TOPICS.deadLetters, 'only the dead letters themselves have no dead letters')
      assert.equal(subscription.message_retention_duration, `${31 * 86_400}s`)
      continue
    }
    assert.equal(
      subscription.dead_letter_policy.dead_letter_topic,
      ref('google_pubsub_topic', `topic-${trigger.deadLetterTopic}`, 'id'),
    )
    const agent = 'serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com'
    const may = (type: string, role: string, key: string, value: string) =>
      all(pipeline, type).some((each) => each.member === agent && each.role === role && each[key] === value)
    assert.ok(
      may(
        'google_pubsub_subscription_iam_member',
        'roles/pubsub.subscriber',
        'subscription',
        ref('google_pubsub_subscription', `push-${name}`, 'name'),
      ),
    )
    assert.ok(
      may(
        'google_pubsub_topic_iam_member',
        'roles/pubsub.publisher',
        'topic',
        ref('google_pubsub_topic', `topic-${trigger.deadLetterTopic}`, 'name'),
      ),
    )
  }
})

test('invariant 9: a function has the rights of the manifest, no other, and starts after it has them', () => {
  for (const { name, access: all } of manifest) {
    const access = all.filter((each) => each.kind !== 'secret' || each.secret !== SECRETS.exportKey)
    const member = `serviceAccount:demo-${name}@my-hospital-project.iam.gserviceaccount.com`
    const given = everything(pipeline).filter(({ body }) => body.member === member)
    const roles = given.map(({ body }) => body.role)
    const reads = access.some(
      (each) =>
        each.kind === 'dataset' && each.dataset === 'raw' && each.role === 'roles/bigquery.dataViewer',
    )
    const follows = access.some((each) => each.kind === 'dataset' && each.dataset === 'trail')
    const service = pipeline.resource.google_cloudfunctions2_function![`function-${name}`].service_config
    assert.deepEqual(
      roles.sort(),
      [
        ...access.map(({ role }) => role),
        ...Array(reads ? 3 : follows ? 1 : 0).fill('roles/datacatalog.categoryFineGrainedReader'),
        ...(service.secret_volumes ? ['roles/secretmanager.secretAccessor'] : []),
      ].sort(),
      name,
    )
    const waits = pipeline.resource.google_cloudfunctions2_function![`function-${name}`].depends_on
    for (const { type, id } of given.filter(({ type }) => !type.startsWith('google_data_catalog'))) {
      assert.ok(waits.includes(`${type}.${id}`), `${name} does not wait for ${type}.${id}`)
    }
    const secrets = (service.secret_environment_variables ?? []).map(
      (each: { secret: string }) => each.secret,
    )
    const readable = given.map(({ body }) => body.secret_id)
    for (const secret of secrets) assert.ok(readable.includes(secret), `${name} may not read ${secret}`)
  }
})

test('a key of the customer’s own reaches what writes and what checks exports, and only where it is asked for', () => {
  const named = (stack: typeof demo) =>
    all(stack.pipeline, 'google_cloudfunctions2_function').flatMap(({ service_config: service, name }) =>
      service.secret_environment_variables
        .filter((each: { key: string }) => each.key === 'EXPORT_ENCRYPTION_KEY')
        .map(() => name),
    )
  const own = synthesize(choices['own parts']!)
  assert.deepEqual(named(demo), [])
  assert.deepEqual(named(own).sort(), ['second-batch-export', 'second-reconcile'])
  const secret = (stack: typeof demo) =>
    'secret-export-encryption-key' in stack.foundation.resource.google_secret_manager_secret!
  assert.deepEqual([secret(demo), secret(own)], [false, true])
  const readers = all(own.pipeline, 'google_secret_manager_secret_iam_member')
    .filter((each) => each.secret_id === 'second-export-encryption-key')
    .map(({ member }) => member.split(':')[1].split('@')[0])
  assert.deepEqual(readers.sort(), ['second-batch-export', 'second-reconcile'])
})

test('each schedule has a job with OIDC that may call its function', () => {
  const scheduled = manifest.filter(({ trigger }) => trigger.kind === 'schedule')
  assert.equal(all(pipeline, 'google_cloud_scheduler_job').length, scheduled.length)
  for (const { name, trigger } of scheduled) {
    assert.ok(trigger.kind === 'schedule')
    const job = pipeline.resource.google_cloud_scheduler_job![`schedule-${name}`]
    assert.equal(job.schedule, trigger.cron)
    assert.equal(job.http_target.oidc_token.audience, job.http_target.uri)
    assert.match(job.http_target.oidc_token.service_account_email, /^demo-schedule@/)
    const call = pipeline.resource.google_cloud_run_service_iam_member![`call-${name}-schedule`]
    assert.equal(call.role, 'roles/run.invoker')
    assert.match(call.member, /demo-schedule@/)
  }
})

test('a function that only the manifest knows comes with all that is its own', () => {
  const added: FunctionEntry = {
    ...manifest.find(({ trigger }) => trigger.kind === 'schedule')!,
    name: 'a-new-function-of-somebody',
    access: [{ kind: 'bucket', bucket: 'lake', role: 'roles/storage.objectViewer' }],
  }
  const before = new Set(everything(pipeline).map(({ type, id }) => `${type}.${id}`))
  const after = synthesize(choices.demo!, { entries: [...manifest, added] })
  const news = everything(after.pipeline).filter(({ type, id }) => !before.has(`${type}.${id}`))
  assert.deepEqual(news.map(({ type }) => type).sort(), [
    'google_cloud_run_service_iam_member',
    'google_cloud_scheduler_job',
    'google_cloudfunctions2_function',
    'google_cloudfunctions2_function_iam_member',
    'google_monitoring_alert_policy',
    'google_monitoring_alert_policy',
    'google_service_account',
    'google_service_account_iam_member',
    'google_storage_bucket_iam_member',
    'google_storage_bucket_object',
  ])
})

test('tables of the warehouse are those of the loaders, with policy tags on what identifies', () => {
  const tables = Object.entries(pipeline.resource.google_bigquery_table!)
  const raw = tables.filter(([id]) => id.startsWith('raw-'))
  assert.equal(raw.length, catalog.length + 1)
  assert.equal(tables.filter(([id]) => id.startsWith('external-')).length, catalog.length)
  const tags = Object.fromEntries(
    ['patient', 'patient-with-others', 'staff'].map((each) => [
      each,
      ref('google_data_catalog_policy_tag', `tag-${each}`, 'name'),
    ]),
  )
  for (const spec of [LEDGER, ...catalog.map((table) => changesSpec(table, tags))]) {
    const table = pipeline.resource.google_bigquery_table![`raw-${spec.name}`]
    assert.deepEqual(JSON.parse(table.schema), spec.metadata.schema.fields)
    assert.equal(table.deletion_protection, true)
  }
  const patients = JSON.parse(pipeline.resource.google_bigquery_table!['raw-patients_changes'].schema)
  const row = patients.find((field: { name: string }) => field.name === 'row')
  assert.deepEqual(row.policyTags.names, [tags.patient])
})

test('invariant 8: analysts see masks, the care team sees all, and rows of patients open to no one else', () => {
  const masked = all(pipeline, 'google_bigquery_datapolicy_data_policy_iam_member')
  assert.equal(masked.length, 3)
  for (const each of masked) assert.equal(each.member, 'group:hospital-analysts@example.com')
  const fine = all(pipeline, 'google_data_catalog_policy_tag_iam_member')
  assert.ok(!fine.some(({ member }) => /analysts/.test(member)))
  assert.ok(fine.some(({ member }) => member === 'group:hospital-care-team@example.com'))
  const reads = all(pipeline, 'google_bigquery_dataset_iam_member').filter(({ member }) =>
    /analysts/.test(member),
  )
  assert.deepEqual(
    reads.map((each) => each.dataset_id),
    [ref('google_bigquery_dataset', 'dataset-marts', 'dataset_id')],
  )
  for (const { grantees } of all(pipeline, 'google_bigquery_row_access_policy')) {
    assert.ok(!grantees.some((each: string) => /analysts/.test(each)))
  }
})

test('the same source and settings give the same bytes, and no path of this machine', () => {
  assert.deepEqual(synthesize(choices.demo!).text, demo.text)
  assert.ok(!demo.text.pipeline.includes(process.cwd()))
})
