import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wrongIn } from './testing/bindings.ts'
import { choices, everything, type Json, synthesize } from './testing/synthesized.ts'

const stacks = Object.entries(choices).flatMap(([name, settings]) => {
  const { foundation, pipeline } = synthesize(settings)
  return [
    { name: `${name}, foundation`, stack: foundation },
    { name: `${name}, pipeline`, stack: pipeline },
  ]
})

/** Fields that google 6.50 warns of, among the resources that are used. */
const DEPRECATED = [
  'google_bigquery_table.time_partitioning.require_partition_filter',
  'google_compute_firewall.enable_logging',
  'google_compute_subnetwork.enable_flow_logs',
  'google_compute_subnetwork.fingerprint',
  'google_storage_bucket_object.detect_md5hash',
]

/** Fields of which google 6.50 takes exactly one. */
const EXACTLY_ONE: Record<string, string[][]> = {
  google_bigquery_dataset_access: [
    [
      'dataset',
      'domain',
      'group_by_email',
      'iam_member',
      'routine',
      'special_group',
      'user_by_email',
      'view',
    ],
  ],
  google_bigquery_datapolicy_data_policy: [
    ['data_masking_policy.predefined_expression', 'data_masking_policy.routine'],
  ],
  google_billing_budget: [['amount.last_period_amount', 'amount.specified_amount']],
  google_cloud_scheduler_job: [['app_engine_http_target', 'http_target', 'pubsub_target']],
  google_compute_firewall: [['allow', 'deny']],
  google_compute_health_check: [
    ['grpc', 'http2', 'http', 'https', 'ssl', 'tcp'].map((kind) => `${kind}_health_check`),
  ],
  google_compute_instance_template: [['name', 'name_prefix']],
  google_dns_record_set: [['routing_policy', 'rrdatas']],
  google_iam_workload_identity_pool_provider: [['aws', 'oidc', 'saml', 'x509']],
  google_monitoring_alert_policy: [
    [
      'conditions.condition_absent',
      'conditions.condition_matched_log',
      'conditions.condition_monitoring_query_language',
      'conditions.condition_prometheus_query_language',
      'conditions.condition_sql',
      'conditions.condition_threshold',
    ],
  ],
  google_secret_manager_secret: [['replication.auto', 'replication.user_managed']],
  google_storage_bucket_object: [['content', 'source']],
  google_vpc_access_connector: [
    ['network', 'subnet'],
    ['min_instances', 'min_throughput'],
    ['max_instances', 'max_throughput'],
  ],
}
/** Fields that google 6.50 does not take together. */
const NOT_TOGETHER: Record<string, string[][]> = {
  google_pubsub_subscription: [['bigquery_config', 'cloud_storage_config', 'push_config']],
  google_compute_firewall: [['source_tags', 'target_service_accounts']],
  google_compute_region_network_endpoint_group: [['app_engine', 'cloud_function', 'cloud_run']],
  google_compute_target_https_proxy: [['certificate_manager_certificates', 'ssl_certificates']],
  google_compute_instance_group_manager: [
    ['update_policy.max_surge_fixed', 'update_policy.max_surge_percent'],
    ['update_policy.max_unavailable_fixed', 'update_policy.max_unavailable_percent'],
  ],
  google_cloudfunctions2_function: [['event_trigger', 'service_config.ingress_settings.none']],
}

function has(body: Json, path: string): boolean {
  const [first, ...rest] = path.split('.')
  const values: Json[] = [body[first!]].flat().filter((value) => value !== undefined)
  return rest.length === 0 ? values.length > 0 : values.some((value) => has(value, rest.join('.')))
}

for (const { name, stack } of stacks) {
  test(`${name}: each resource is one that the bindings of google 6.50 know, field by field`, () => {
    const fields = new Set<string>()
    const wrong = everything(stack).flatMap(({ type, id, body }) =>
      wrongIn(type, body, (path) => fields.add(path)).map((why) => `${id}: ${why}`),
    )
    assert.deepEqual(wrong, [])
    assert.ok(fields.size >= 15, `only ${fields.size} fields`)
    assert.deepEqual(
      DEPRECATED.filter((each) => fields.has(each)),
      [],
    )
  })

  test(`${name}: of fields that exclude each other there is one`, () => {
    for (const { type, id, body } of everything(stack)) {
      for (const group of EXACTLY_ONE[type] ?? []) {
        const there = group.filter((path) => has(body, path))
        assert.equal(
          there.length,
          1,
          `${type}.${id} has ${there.join(' and ') || `none of ${group.join(', ')}`}`,
        )
      }
      for (const group of NOT_TOGETHER[type] ?? []) {
        assert.ok(group.filter((path) => has(body, path)).length <= 1, `${type}.${id} ${group.join(', ')}`)
      }
    }
  })

  test(`${name}: nothing asks the network while it is planned, and the provider is the pinned one`, () => {
    assert.equal((stack as Json).data, undefined)
    assert.deepEqual(stack.terraform.required_providers, { google: { source: 'google', version: '6.50.0' } })
    assert.deepEqual(Object.keys(stack.provider), ['google'])
  })
}

test('the check finds a field that is unknown, missing, of another type, or of a value that is none', () => {
  const address = { name: 'a', address_type: 'INTERNAL' }
  assert.deepEqual(wrongIn('google_compute_address', address), [])
  const cases: [Json, RegExp][] = [
    [{ ...address, colour: 'red' }, /colour is unknown/],
    [{ address_type: 'INTERNAL' }, /name is missing/],
    [{ ...address, prefix_length: '8' }, /prefix_length is no number/],
    [{ ...address, address_type: 'SECRET' }, /address_type is not one of INTERNAL, EXTERNAL/],
    [{ ...address, labels: 'a' }, /labels is no map/],
  ]
  for (const [body, message] of cases) assert.match(wrongIn('google_compute_address', body).join(), message)
  const push = { name: 'a', topic: 'b', push_config: { oidc_token: { audience: 'c' } } }
  assert.deepEqual(wrongIn('google_pubsub_subscription', push), [
    'google_pubsub_subscription.push_config.push_endpoint is missing',
    'google_pubsub_subscription.push_config.oidc_token.service_account_email is missing',
  ])
  const list = { name: 'a', network: 'b', target_tags: 'c' }
  assert.deepEqual(wrongIn('google_compute_firewall', list), [
    'google_compute_firewall.target_tags is no list',
  ])
})
