import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { readRelaySettings } from './settings.ts'

const good = { KAFKA_BROKERS: 'a:1,b:2', GOOGLE_CLOUD_PROJECT: 'p', LAKE_BUCKET: 'b' }

test('the limits of a batch are those of the design unless set', () => {
  const settings = readRelaySettings(good)
  assert.deepEqual(settings.KAFKA_BROKERS, ['a:1', 'b:2'])
  assert.deepEqual(
    [settings.RELAY_MAX_BATCH_CHANGES, settings.RELAY_MAX_BATCH_BYTES, settings.RELAY_LINGER_MS],
    [5_000, 4_000_000, 250],
  )
})

test('a wrong setting is named, its value is not', () => {
  for (const [name, env] of [
    ['LAKE_BUCKET', { ...good, LAKE_BUCKET: undefined }],
    ['METRICS_PORT', { ...good, METRICS_PORT: 'hunter2' }],
    ['KAFKA_SASL_PASSWORD', { ...good, KAFKA_SASL_USER: 'hunter2' }],
  ] as const) {
    assert.throws(
      () => readRelaySettings(env),
      (error: unknown) =>
        error instanceof PipelineError &&
        error.code === 'SETTING_INVALID' &&
        error.message.includes(name) &&
        !error.message.includes('hunter2'),
    )
  }
})
