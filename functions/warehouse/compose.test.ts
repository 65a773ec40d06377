import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSettings, settingNames } from '../settings.ts'
import { composeWarehouse, datasetsOf } from './compose.ts'

const env = {
  LAKE_BUCKET: 'hospital-lake',
  GOOGLE_CLOUD_PROJECT: 'p',
  DEAD_LETTER_TOPIC: 'hospital-dead-letters',
}
const read = (more: Record<string, string>) => readSettings(settingNames.loader, { ...env, ...more })

test('a warehouse says which of its own settings is missing', () => {
  assert.throws(() => composeWarehouse(read({ WAREHOUSE: 'duckdb' })), {
    code: 'SETTING_INVALID',
    message: /DUCKDB_PATH/,
  })
  assert.throws(() => composeWarehouse(read({ WAREHOUSE: 'bigquery' })), {
    code: 'SETTING_INVALID',
    message: /BIGQUERY_LOCATION/,
  })
  const large = read({ WAREHOUSE: 'bigquery', BIGQUERY_LOCATION: 'EU', LOAD_GROUP_OBJECTS: '3001' })
  assert.throws(() => composeWarehouse(large), { code: 'SETTING_INVALID', message: /LOAD_GROUP_OBJECTS/ })
})

test('BigQuery is made of its settings, without a file and without a request', () => {
  const tag = 'projects/p/locations/eu/taxonomies/1/policyTags/2'
  const settings = read({ WAREHOUSE: 'bigquery', BIGQUERY_LOCATION: 'EU', BIGQUERY_POLICY_TAG_PATIENT: tag })
  assert.equal(typeof composeWarehouse(settings).apply, 'function')
  assert.deepEqual(datasetsOf(settings), {
    raw: 'raw',
    loads: 'raw_loads',
    external: { dataset: 'external', bucket: 'hospital-lake' },
  })
  assert.throws(() => read({ WAREHOUSE: 'bigquery', BIGQUERY_POLICY_TAG_PATIENT: 'Erika' }), {
    code: 'SETTING_INVALID',
  })
})
