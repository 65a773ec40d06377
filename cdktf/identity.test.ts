import assert from 'node:assert/strict'
import { test } from 'node:test'
import { all, choices, everything, type Json, synthesize } from './testing/synthesized.ts'

/**
 * The only roles on the project, and why no resource will do: jobs of BigQuery and Dataflow, logs and metrics belong to a project,
 * and the bucket of Cloud Functions' own copies is not there when the role is given (it has a condition).
 */
const ON_PROJECT: Record<string, RegExp> = {
  'roles/bigquery.jobUser': /./,
  'roles/dataflow.developer': /-launch-dataflow@/,
  'roles/dataflow.worker': /:[a-z0-9]+-dataflow@/,
  'roles/logging.logWriter': /-(vm|build)[.@]/,
  'roles/monitoring.metricWriter': /-vm[.@]/,
  'roles/monitoring.viewer': /-dashboard@/,
  'roles/storage.objectViewer': /-build[.@]/,
}

const members = (body: Json): string[] =>
  [body.member, ...(body.members ?? []), ...(body.grantees ?? [])].filter(Boolean)

for (const [name, settings] of Object.entries(choices)) {
  const { pipeline, foundation, text } = synthesize(settings)
  const both = [...everything(foundation), ...everything(pipeline)]

  test(`invariant 9, ${name}: roles lie on resources, and only listed ones on the project`, () => {
    const onProject = all(pipeline, 'google_project_iam_member')
    for (const { role, member, condition } of onProject) {
      assert.match(member, ON_PROJECT[role] ?? /^$/, role)
      if (role === 'roles/storage.objectViewer') {
        assert.match(
          condition.expression,
          /^resource\.name\.startsWith\("projects\/_\/buckets\/gcf-v2-sources-\d+-"\)$/,
        )
      }
    }
    assert.deepEqual(all(foundation, 'google_project_iam_member'), [])
    for (const { type } of both) assert.doesNotMatch(type, /_iam_(binding|policy)$/)
    for (const { type, body } of both.filter(({ type }) => /_iam_/.test(type))) {
      if (body.role === undefined) continue
      assert.doesNotMatch(body.role, /^roles\/(owner|editor|viewer|browser)$/)
      assert.doesNotMatch(body.role, /admin/i, type)
    }
  })

  test(`invariant 9, ${name}: nobody outside, no keys, no literal secrets, and versions of secrets are named`, () => {
    for (const { type, id, body } of both) {
      for (const member of members(body))
        assert.match(member, /^(serviceAccount|group|principalSet):/, `${type}.${id}`)
      assert.notEqual(type, 'google_service_account_key')
      assert.notEqual(
        type,
        'google_secret_manager_secret_version',
        'a version in the stack is a secret in its state',
      )
    }
    assert.doesNotMatch(
      text.pipeline + text.foundation,
      /allUsers|allAuthenticatedUsers|BEGIN [A-Z ]*PRIVATE KEY/,
    )
    assert.doesNotMatch(text.pipeline, /postgres(ql)?:\/\/[^$\s"@]*:[^$\s"@]+@/)
    for (const each of all(pipeline, 'google_cloudfunctions2_function')) {
      const service = each.service_config
      for (const secret of service.secret_environment_variables ?? []) assert.match(secret.version, /^\d+$/)
      for (const volume of service.secret_volumes ?? []) {
        for (const version of volume.versions) assert.match(version.version, /^\d+$/)
      }
      for (const key of Object.keys(service.environment_variables)) {
        assert.doesNotMatch(key, /PASSWORD|SECRET|TOKEN|DATABASE_.*URL/, each.name)
      }
    }
    assert.deepEqual(
      all(pipeline, 'google_sql_user').map((each) => each.name),
      [],
      'a user with a password lies in the state',
    )
  })

  test(`${name}: each component has an account of its own, and acts as no other`, () => {
    const accounts = all(pipeline, 'google_service_account').map((each) => each.account_id)
    const functions = all(pipeline, 'google_cloudfunctions2_function')
    const used = functions.map((each) => each.service_config.service_account_email.split('@')[0])
    assert.equal(new Set(used).size, functions.length)
    for (const each of used) assert.ok(accounts.includes(each), each)
    const [template] = all(pipeline, 'google_compute_instance_template')
    assert.ok(!used.includes(template.service_account.email.split('@')[0]))
    for (const { type, id, body } of everything(pipeline)) {
      if (type === 'google_service_account') continue
      for (const [account] of JSON.stringify(body).matchAll(
        /[a-z][a-z0-9-]{4,28}[a-z0-9](?=@[a-z0-9-]+\.iam)/g,
      )) {
        if (/^(service|bq)-\d+$/.test(account)) continue
        assert.ok(accounts.includes(account), `${type}.${id} names ${account}, which nobody makes`)
        const component = account.slice(settings.name.length + 1)
        assert.ok(
          body.depends_on?.includes(`google_service_account.account-${component}`),
          `${type}.${id} does not wait for ${account}`,
        )
      }
    }
  })
}

test('CI has a way in without a key, from the main branch of one repository only', () => {
  const { pipeline } = synthesize(choices.demo!)
  const [provider] = all(pipeline, 'google_iam_workload_identity_pool_provider')
  assert.match(
    provider.attribute_condition,
    /repository == "a-hospital\/pipeline" && .*ref == "refs\/heads\/main"/,
  )
  assert.deepEqual(all(synthesize(choices['own parts']!).pipeline, 'google_iam_workload_identity_pool'), [])
})
