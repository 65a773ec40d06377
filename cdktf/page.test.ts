import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportDefinitions } from '@pipeline/dashboard/looker/definitions.ts'
import { parseLink } from '@pipeline/dashboard/looker/linking.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { all, choices, everything, settingsWith, synthesize } from './testing/synthesized.ts'

const { pipeline } = synthesize(choices['own parts']!)
const without = synthesize(choices.demo!).pipeline
const page = (stack: typeof pipeline) => stack.resource.google_cloudfunctions2_function!['function-dashboard']

test('the page is behind Identity-Aware Proxy: only its readers, only through the load balancer', () => {
  const [backend] = all(pipeline, 'google_compute_backend_service')
  assert.equal(backend.iap.enabled, true)
  assert.equal(backend.load_balancing_scheme, 'EXTERNAL_MANAGED')
  const [group] = all(pipeline, 'google_compute_region_network_endpoint_group')
  assert.equal(group.network_endpoint_type, 'SERVERLESS')
  assert.equal(page(pipeline).service_config.ingress_settings, 'ALLOW_INTERNAL_AND_GCLB')
  const viewers = all(pipeline, 'google_iap_web_backend_service_iam_member')
  assert.deepEqual(viewers.map(({ role, member }) => [role, member]).sort(), [
    ['roles/iap.httpsResourceAccessor', 'group:hospital-analysts@example.com'],
    ['roles/iap.httpsResourceAccessor', 'group:hospital-care-team@example.com'],
  ])
  const callers = everything(pipeline).filter(
    ({ type, body }) =>
      type === 'google_cloud_run_service_iam_member' && JSON.stringify(body.service).includes('dashboard'),
  )
  assert.deepEqual(
    callers.map(({ body }) => [body.role, body.member]),
    [['roles/run.invoker', 'serviceAccount:service-123456789012@gcp-sa-iap.iam.gserviceaccount.com']],
  )
  assert.deepEqual(all(pipeline, 'google_compute_managed_ssl_certificate')[0].managed.domains, [
    'reports.hospital.example',
  ])
  const [rule] = all(pipeline, 'google_compute_global_forwarding_rule')
  assert.equal(rule.port_range, '443', 'nothing is served without TLS')
  assert.deepEqual(
    all(pipeline, 'google_compute_ssl_policy').map((each) => each.min_tls_version),
    ['TLS_1_2'],
  )
})

test('without a domain nothing outside reaches the page, and nobody may call it', () => {
  assert.equal(page(without).service_config.ingress_settings, 'ALLOW_INTERNAL_ONLY')
  for (const type of [
    'google_compute_backend_service',
    'google_compute_global_forwarding_rule',
    'google_bigquery_bi_reservation',
  ]) {
    assert.deepEqual(all(without, type), [], type)
  }
  const callers = Object.keys(without.resource.google_cloud_run_service_iam_member!)
  assert.deepEqual(
    callers.filter((id) => id.includes('dashboard') || id.includes('page')),
    [],
  )
})

test('the page reads marts of its own environment and links to reports over them', () => {
  for (const [stack, name] of [
    [pipeline, 'second'],
    [without, 'demo'],
  ] as const) {
    const { LOOKER_LINKS: links, ...variables } = page(stack).service_config.environment_variables
    assert.equal(variables.WAREHOUSE, 'bigquery')
    assert.equal(variables.BIGQUERY_MARTS_DATASET, `${name}_marts`)
    assert.equal(variables.BIGQUERY_TRAIL_DATASET, `${name}_trail`)
    assert.equal(variables.MONITORED_ENVIRONMENT, name)
    assert.equal(variables.PIPELINE_URL, undefined)
    const read = (JSON.parse(links) as { url: string }[]).map(({ url }) => parseLink(url))
    assert.equal(read.length, reportDefinitions.length)
    for (const { sources } of read) {
      assert.deepEqual([sources[0]!.project, sources[0]!.dataset], ['my-hospital-project', `${name}_marts`])
    }
    const months =
      read[reportDefinitions.findIndex(({ exposure }) => exposure === 'revenue_by_month_report')]!
    assert.equal(months.templateId, name === 'second' ? 'abc-123' : undefined)
    assert.equal(
      months.sources[0]!.billingProject,
      name === 'second' ? 'another-project' : 'my-hospital-project',
    )
  }
})

test('BI Engine keeps the marts that reports ask for often, where it is wanted', () => {
  const [memory] = all(pipeline, 'google_bigquery_bi_reservation')
  assert.equal(memory.size, 2 * 1024 ** 3)
  assert.deepEqual(
    memory.preferred_tables.map((each: { table_id: string }) => each.table_id),
    reportDefinitions.filter(({ biEngine }) => biEngine).map(({ mart }) => mart),
  )
})

test('a template of no report is refused before anything is made', () => {
  assert.throws(
    () => settingsWith({ looker: { templates: { revenues: 'x' } } }),
    (error) =>
      error instanceof PipelineError &&
      error.code === 'SETTING_INVALID' &&
      /looker\.templates/.test(error.message),
  )
})
