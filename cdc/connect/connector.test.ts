import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { TOPIC_PREFIX } from '@pipeline/hospital/catalog.ts'
import { readConnector } from './connector.ts'

const { config } = await readConnector()

test('invariant 9: addresses and secrets come from the environment, nothing else does', () => {
  const fromEnvironment = Object.entries(config).filter(([, value]) => value.includes('${'))
  assert.deepEqual(
    fromEnvironment.map(([name]) => name).sort(),
    ['dbname', 'hostname', 'password', 'port', 'sslmode', 'user'].map((name) => `database.${name}`),
  )
  for (const [name, value] of fromEnvironment) assert.match(value, /^\$\{env:[A-Z_]+\}$/, name)
})

test('values travel exactly: decimals and times as text, truncates and deletes as events', () => {
  assert.equal(config['decimal.handling.mode'], 'string')
  assert.equal(config['time.precision.mode'], 'isostring')
  assert.equal(config['skipped.operations'], 'none')
  assert.equal(config['topic.prefix'], TOPIC_PREFIX)
})

test('the migrations make the publication and the heartbeat table that the connector names', async () => {
  const sql = await readFile(new URL('../migrations/002.do.change-capture.sql', import.meta.url), 'utf8')
  assert.match(sql, new RegExp(`CREATE PUBLICATION ${config['publication.name']} `))
  assert.equal(config['publication.autocreate.mode'], 'disabled')
  assert.match(config['heartbeat.action.query']!, /^UPDATE pipeline\.heartbeat /)
  assert.match(sql, /CREATE TABLE pipeline\.heartbeat/)
})
