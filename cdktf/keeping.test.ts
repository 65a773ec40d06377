import assert from 'node:assert/strict'
import { test } from 'node:test'
import { all, choices, everything, type Json, synthesize } from './testing/synthesized.ts'

const demo = synthesize(choices.demo!)
const { pipeline } = demo

const STATEFUL = [
  'google_bigquery_dataset',
  'google_bigquery_table',
  'google_compute_disk',
  'google_data_catalog_policy_tag',
  'google_data_catalog_taxonomy',
  'google_kms_crypto_key',
  'google_kms_key_ring',
  'google_logging_project_bucket_config',
  'google_pubsub_topic',
  'google_secret_manager_secret',
  'google_sql_database',
  'google_sql_database_instance',
  'google_storage_bucket',
]

test('what holds data can not be destroyed by mistake, and only on request', () => {
  const passing = (type: string, id: string) =>
    /^(external-|trail-|dataset-raw_loads$)/.test(id) && /bigquery/.test(type)
  const free = synthesize(choices.demo!, { protect: false })
  for (const each of ['foundation', 'pipeline'] as const) {
    for (const { type, id, body } of everything(demo[each]).filter(({ type }) => STATEFUL.includes(type))) {
      if (passing(type, id)) continue
      assert.equal(body.lifecycle?.prevent_destroy, true, `${type}.${id}`)
    }
    for (const { type, id, body } of everything(free[each])) {
      assert.notEqual(body.lifecycle?.prevent_destroy, true, `${type}.${id}`)
      assert.notEqual(body.deletion_protection, true, `${type}.${id}`)
    }
  }
})

test('everything that can be is encrypted with the environment’s own key', () => {
  const key = /\/keyRings\/demo-pipeline\/cryptoKeys\/data$/
  const keyOf: Record<string, (body: Json) => string> = {
    google_storage_bucket: (body) => body.encryption.default_kms_key_name,
    google_bigquery_dataset: (body) => body.default_encryption_configuration.kms_key_name,
    google_pubsub_topic: (body) => body.kms_key_name,
    google_sql_database_instance: (body) => body.encryption_key_name,
    google_compute_disk: (body) => body.disk_encryption_key.kms_key_self_link,
    google_artifact_registry_repository: (body) => body.kms_key_name,
  }
  for (const [type, of] of Object.entries(keyOf)) {
    assert.ok(all(pipeline, type).length > 0, type)
    for (const body of all(pipeline, type)) {
      assert.match(of(body), key, type)
      assert.ok(
        body.depends_on.some((each: string) => each.includes('kms_crypto_key_iam_member')),
        type,
      )
    }
  }
})
