import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { readSettings, settingNames } from './settings.ts'

const env = {
  LAKE_BUCKET: 'hospital-lake',
  GOOGLE_CLOUD_PROJECT: 'p',
  DEAD_LETTER_TOPIC: 'hospital-dead-letters',
  WAREHOUSE: 'duckdb',
  DUCKDB_PATH: '/tmp/x.duckdb',
}

test('defaults stand in for what is unset or empty', () => {
  const settings = readSettings(settingNames.loader, { ...env, LOG_LEVEL: '', DUCKDB_THREADS: '4' })
  assert.equal(settings.LOG_LEVEL, 'info')
  assert.equal(settings.DUCKDB_THREADS, 4)
  assert.equal(settings.LOAD_GROUP_OBJECTS, 500)
  assert.equal(settings.STORAGE_EMULATOR_HOST, undefined)
})

test('the address of the emulator is taken with or without the path of the API', () => {
  for (const host of [
    'http://127.0.0.1:4443',
    'http://127.0.0.1:4443/',
    'http://127.0.0.1:4443/storage/v1/',
  ]) {
    const read = readSettings(['STORAGE_EMULATOR_HOST'], { STORAGE_EMULATOR_HOST: host })
    assert.equal(read.STORAGE_EMULATOR_HOST, 'http://127.0.0.1:4443')
  }
})

test('SETTING_INVALID names every setting that is wrong, and shows no value', () => {
  const wrong = { ...env, LAKE_BUCKET: undefined, DUCKDB_THREADS: 'secret-value', WAREHOUSE: 'oracle' }
  assert.throws(
    () => readSettings(settingNames.loader, wrong),
    (error) => {
      assert.ok(error instanceof PipelineError)
      assert.equal(error.code, 'SETTING_INVALID')
      assert.match(
        error.message,
        /LAKE_BUCKET is missing, WAREHOUSE is not valid, DUCKDB_THREADS is not valid/,
      )
      assert.doesNotMatch(error.message, /secret-value|oracle/)
      return true
    },
  )
})
