import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnvironment } from './settings.ts'
import { example, settingsWith } from './testing/synthesized.ts'

test('the example is whole, and keeps what HIPAA asks for', () => {
  assert.equal(settingsWith().lake.retentionDays, 2192)
  assert.equal(settingsWith().database.kind, 'cloud-sql')
})

const wrong: [string, Record<string, unknown>, RegExp][] = [
  ['a name that is too long', { name: 'production-of-ours' }, /name: must be/],
  ['a project that is none', { project: 'Not A Project' }, /project/],
  ['a zone elsewhere', { zone: 'us-central1-a' }, /zone: is not in the region/],
  ['a size that is none', { size: 'huge' }, /size/],
  ['a reader that is no address', { readers: { analysts: 'all', careTeam: 'a@b.c' } }, /readers.analysts/],
  [
    'Coldline before Nearline',
    { lake: { nearlineAfterDays: 90, coldlineAfterDays: 30 } },
    /coldlineAfterDays/,
  ],
  ['a setting that nobody knows', { colour: 'red' }, /colour/],
  ['an image without a version', { redpandaImage: 'docker.io/redpanda' }, /redpandaImage/],
  ['the newest of an image', { redpandaImage: 'docker.io/redpanda:latest' }, /redpandaImage/],
  ['ClickHouse in the clear', { clickhouse: { kind: 'own', url: 'http://ch:8123' } }, /clickhouse.url/],
  [
    'a range for functions of another size',
    { network: { functions: '10.1.0.0/24' } },
    /network.functions: is of another/,
  ],
  ['a public range', { network: { subnet: '8.8.8.0/24' } }, /network.subnet: is no private/],
  ['no word about a budget', { budget: undefined }, /budget/],
  [
    'a version of a secret that is a name',
    { secretVersions: { 'clickhouse-password': 'latest' } },
    /secretVersions/,
  ],
]
for (const [name, changes, message] of wrong) {
  test(`${name} is refused by its name`, () => {
    assert.throws(() => settingsWith(changes), { code: 'SETTING_INVALID', message })
  })
}

test('each setting without a default is asked for', () => {
  for (const name of Object.keys(example)) {
    assert.throws(() => settingsWith({ [name]: undefined }), {
      code: 'SETTING_INVALID',
      message: new RegExp(name),
    })
  }
})

test('a file that is not there or no JSON is told as such', () => {
  assert.throws(() => readEnvironment('/nowhere/at/all.json'), { code: 'SETTING_INVALID', message: /copy/ })
  assert.throws(() => readEnvironment(import.meta.filename), { code: 'SETTING_INVALID', message: /no JSON/ })
})
