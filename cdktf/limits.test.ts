import assert from 'node:assert/strict'
import { test } from 'node:test'
import { manifest } from '@pipeline/functions/manifest.ts'
import { all, choices, everything, synthesize } from './testing/synthesized.ts'

const stacks = Object.entries(choices).map(([name, settings]) => ({
  name,
  settings,
  ...synthesize(settings),
}))
const seconds = (text: string): number => {
  assert.match(text, /^\d+s$/)
  return Number(text.slice(0, -1))
}
const between = (value: number, low: number, high: number, what: string): void =>
  assert.ok(value >= low && value <= high, `${what}: ${value} is not within ${low} and ${high}`)

/** What Cloud Run takes: MiB at least and at most for so many processors. */
const MEMORY: Record<string, [number, number]> = {
  1: [128, 4096],
  2: [128, 8192],
  4: [2048, 16_384],
  8: [4096, 32_768],
}
const CRON_FIELDS = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12],
  [0, 7],
] as const

for (const { name, settings, pipeline, foundation } of stacks) {
  test(`${name}: names fit`, () => {
    for (const each of all(pipeline, 'google_service_account')) {
      assert.match(each.account_id, /^[a-z][a-z0-9-]{4,28}[a-z0-9]$/)
    }
    const accounts = all(pipeline, 'google_service_account').map((each) => each.account_id)
    assert.equal(new Set(accounts).size, accounts.length)
    for (const each of all(pipeline, 'google_storage_bucket')) {
      assert.match(each.name, /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/)
    }
    for (const each of all(pipeline, 'google_bigquery_dataset')) assert.match(each.dataset_id, /^\w{1,1024}$/)
    for (const each of all(pipeline, 'google_cloudfunctions2_function')) {
      assert.match(each.name, /^[a-z][a-z0-9-]{0,61}[a-z0-9]$/)
    }
    for (const type of ['google_pubsub_topic', 'google_pubsub_subscription']) {
      for (const each of all(pipeline, type)) {
        assert.match(each.name, /^(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}$/)
      }
    }
    for (const each of all(pipeline, 'google_vpc_access_connector')) {
      assert.match(each.name, /^[a-z][-a-z0-9]{0,23}[a-z0-9]$/)
      assert.match(each.ip_cidr_range, /\/28$/)
      between(each.min_instances, 2, 9, 'min_instances')
      between(each.max_instances, 3, 10, 'max_instances')
    }
    for (const each of all(pipeline, 'google_compute_instance_template')) {
      assert.ok(each.name_prefix.length <= 37)
    }
    for (const { type, body } of [...everything(pipeline), ...everything(foundation)]) {
      if (!/^google_compute_/.test(type) || body.name === undefined || body.name.includes('${')) continue
      assert.match(body.name, /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/, type)
    }
  })

  test(`${name}: labels are ones that Google takes`, () => {
    for (const { type, id, body } of [...everything(pipeline), ...everything(foundation)]) {
      if (type === 'google_monitoring_notification_channel') continue
      for (const [key, value] of Object.entries(body.labels ?? body.user_labels ?? {})) {
        assert.match(key, /^[a-z][a-z0-9_-]{0,62}$/, `${type}.${id}`)
        assert.match(String(value), /^[a-z0-9_-]{0,63}$/, `${type}.${id}`)
      }
    }
    for (const type of ['google_storage_bucket', 'google_bigquery_dataset', 'google_bigquery_table']) {
      const unlabelled = all(pipeline, type).filter(
        (each) => type !== 'google_storage_bucket' && each.labels?.environment === undefined,
      )
      assert.deepEqual(unlabelled, [], type)
    }
    assert.equal(pipeline.provider.google[0].default_labels.pipeline, 'hospital')
  })

  test(`${name}: functions are of sizes and times that Google takes`, () => {
    for (const { name: of, service_config: service, build_config: built } of all(
      pipeline,
      'google_cloudfunctions2_function',
    )) {
      const [low, high] =
        MEMORY[service.available_cpu] ?? assert.fail(`${of}: ${service.available_cpu} processors`)
      assert.match(service.available_memory, /^\d+Mi$/)
      between(Number.parseInt(service.available_memory, 10), Math.max(low, 512), high, of)
      between(service.timeout_seconds, 1, 3600, of)
      between(service.max_instance_request_concurrency, 1, 1000, of)
      between(service.max_instance_count, 1, 1000, of)
      const fromBalancer = settings.page !== null && of.endsWith('-dashboard')
      assert.equal(
        service.ingress_settings,
        fromBalancer ? 'ALLOW_INTERNAL_AND_GCLB' : 'ALLOW_INTERNAL_ONLY',
        of,
      )
      assert.match(built.runtime, /^(nodejs24|python31\d)$/, of)
      for (const [key, value] of Object.entries(service.environment_variables)) {
        assert.match(key, /^[A-Z][A-Z0-9_]*$/)
        assert.doesNotMatch(key, /^(X_GOOGLE_|PORT$|K_|FUNCTION_TARGET$|GOOGLE_CLOUD_RUN)/, of)
        assert.notEqual(value, '')
      }
    }
  })

  test(`${name}: subscriptions keep to Pub/Sub's ranges`, () => {
    for (const each of all(pipeline, 'google_pubsub_subscription')) {
      between(each.ack_deadline_seconds, 10, 600, each.name)
      // Dataflow pulls, and supports no policy of retries; everything else is delivered to, in one way.
      const delivered = each.labels.job === undefined
      const ways = [each.push_config, each.bigquery_config, each.cloud_storage_config].filter(Boolean)
      assert.equal(ways.length, delivered ? 1 : 0, each.name)
      assert.equal(each.retry_policy !== undefined, delivered, each.name)
      if (each.retry_policy) {
        const { minimum_backoff: least, maximum_backoff: most } = each.retry_policy
        between(seconds(least), 0, 600, each.name)
        between(seconds(most), seconds(least), 600, each.name)
      }
      between(seconds(each.message_retention_duration), 600, 31 * 86_400, each.name)
      assert.equal(each.expiration_policy.ttl, '', each.name)
      if (each.dead_letter_policy) between(each.dead_letter_policy.max_delivery_attempts, 5, 100, each.name)
    }
    for (const each of all(pipeline, 'google_pubsub_topic')) {
      between(seconds(each.message_retention_duration), 600, 31 * 86_400, each.name)
    }
  })

  test(`${name}: schedules have times, zones, retries and deadlines that Cloud Scheduler takes`, () => {
    for (const each of all(pipeline, 'google_cloud_scheduler_job')) {
      const fields = each.schedule.split(' ')
      assert.equal(fields.length, 5, each.name)
      for (const [index, field] of fields.entries()) {
        const [low, high] = CRON_FIELDS[index]!
        assert.match(field, /^(\*|\d+(-\d+)?)(\/\d+)?(,\d+(-\d+)?)*$/, each.name)
        for (const [digits] of field.replace(/\/\d+/, '').matchAll(/\d+/g)) {
          between(Number(digits), low, high, each.name)
        }
      }
      assert.ok(Intl.supportedValuesOf('timeZone').concat('UTC').includes(each.time_zone), each.name)
      between(seconds(each.attempt_deadline), 15, 1800, each.name)
      between(each.retry_config.retry_count, 0, 5, each.name)
      between(each.retry_config.max_doublings, 0, 16, each.name)
      assert.equal(each.http_target.http_method, 'POST')
      assert.equal(Buffer.from(each.http_target.body, 'base64').toString(), '{}')
    }
  })

  test(`${name}: buckets are closed, versioned, encrypted, and move what is old`, () => {
    for (const each of all(pipeline, 'google_storage_bucket')) {
      assert.equal(each.public_access_prevention, 'enforced')
      assert.equal(each.uniform_bucket_level_access, true)
      assert.equal(each.versioning.enabled, true)
      assert.equal(each.force_destroy, false)
      assert.match(each.encryption.default_kms_key_name, /\/cryptoKeys\/data$/)
      const soft = each.soft_delete_policy.retention_duration_seconds
      between(soft, 7 * 86_400, 90 * 86_400, each.name)
      assert.ok(each.lifecycle_rule.length > 0)
    }
    const lake = all(pipeline, 'google_storage_bucket').find((each) => each.name.endsWith('-lake'))
    const classes = lake.lifecycle_rule.map(
      (each: { action: { storage_class?: string } }) => each.action.storage_class,
    )
    assert.deepEqual(classes.filter(Boolean), ['NEARLINE', 'COLDLINE'])
    const ends = lake.lifecycle_rule.filter(
      (each: { action: { type: string }; condition: { age?: number } }) =>
        each.action.type === 'Delete' && each.condition.age !== undefined,
    )
    assert.deepEqual(
      ends.map((each: { condition: { age: number } }) => each.condition.age),
      [2192],
    )
  })
}

test('the manifest names functions that make names that fit in the longest environment', () => {
  const { pipeline } = synthesize(choices['own parts']!)
  assert.equal(all(pipeline, 'google_cloudfunctions2_function').length, manifest.length)
})
