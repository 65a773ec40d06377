import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { manifest } from '@pipeline/functions/manifest.ts'
import { TOPICS } from '@pipeline/functions/manifest-parts.ts'
import { estimate } from './cost.ts'
import { mayGo } from './kept.ts'
import { namesOf, secretsOf, VM_SECRETS } from './names.ts'
import { checkReady, missing } from './ready.ts'
import { certificates, fillSecrets, firstSecrets } from './secrets.ts'
import { choices, everything, settingsWith, synthesize } from './testing/synthesized.ts'

const settings = choices.demo!
const answers: Record<string, string> = {
  'terraform version': '{"terraform_version":"1.11.4"}',
  'openssl version': 'OpenSSL 3',
  'gcloud version': 'Google Cloud SDK',
  'gcloud auth': 'a-token',
  'gcloud projects': settings.projectNumber,
  'gcloud billing': 'True',
}
const asking = (changes: Record<string, string | undefined>) => (command: string, args: readonly string[]) =>
  ({ ...answers, ...changes })[`${command} ${args[0]}`]

test('what is missing is told before anything is touched', () => {
  assert.deepEqual(missing(settings, asking({})), [])
  const cases: [Record<string, string | undefined>, RegExp][] = [
    [{ 'terraform version': undefined }, /terraform is not on the PATH/],
    [{ 'terraform version': '{"terraform_version":"1.9.8"}' }, /1\.9\.8 is too old/],
    [{ 'gcloud version': undefined }, /gcloud is not on the PATH/],
    [{ 'gcloud auth': undefined }, /gcloud auth login/],
    [{ 'gcloud projects': undefined }, /gcloud projects create/],
    [{ 'gcloud projects': '99' }, /is 99, not 123456789012/],
    [{ 'gcloud billing': 'False' }, /billing account/],
  ]
  for (const [changes, message] of cases) {
    assert.throws(() => checkReady(settings, asking(changes)), { code: 'SETTING_INVALID', message })
  }
})

test('taking an environment down leaves what holds data, and what that needs', () => {
  const { pipeline } = synthesize(settings)
  const going = new Set(mayGo(pipeline))
  assert.ok(going.has('google_cloudfunctions2_function.function-lake-sink'))
  assert.ok(going.has('google_compute_instance_group_manager.vm'))
  for (const kept of [
    'google_storage_bucket.lake',
    'google_sql_database_instance.database',
    'google_compute_disk.data-disk',
  ]) {
    assert.ok(!going.has(kept), kept)
  }
  assert.ok(!going.has('google_compute_network.network'), 'Cloud SQL lies in it')
  for (const { type, id, body } of everything(pipeline)) {
    if (going.has(`${type}.${id}`)) continue
    const needs = [...JSON.stringify({ ...body, '//': 0 }).matchAll(/(google_\w+)\.([\w-]+)/g)]
    for (const [, of, other] of needs)
      assert.ok(!going.has(`${of}.${other}`), `${type}.${id} needs ${of}.${other}`)
  }
})

test('invariant 9: first secrets are long, new each time, and go to gcloud by its standard input only', () => {
  const [one, two] = [firstSecrets(settings), firstSecrets(settings)]
  for (const [name, value] of Object.entries(one)) {
    assert.ok(value.length >= 43, name)
    assert.notEqual(value, two[name], name)
  }
  const calls: { args: readonly string[]; input: string | undefined }[] = []
  fillSecrets(settings, Object.keys(one), (_command, args, input) => {
    calls.push({ args, input })
    return args[2] === 'add' ? 'added' : ''
  })
  const added = calls.filter(({ args }) => args[2] === 'add')
  assert.equal(added.length, Object.keys(one).length)
  for (const { args, input } of added) assert.ok(input && !args.join(' ').includes(input))
})

test('a secret that is there stays, and one that only a person knows is asked for', () => {
  fillSecrets(settings, ['private-ca'], (_command, args) => {
    assert.notEqual(args[2], 'add')
    return 'version 1'
  })
  const own = settingsWith({ database: { kind: 'own', host: 'db.example.com' } })
  assert.throws(() => fillSecrets(own, ['postgres-admin-password'], () => ''), {
    code: 'SETTING_INVALID',
    message: /demo-postgres-admin-password/,
  })
})

test('what only a customer has is made by nobody else', () => {
  const own = choices['own parts']!
  const first = Object.keys(firstSecrets(own))
  for (const secret of ['export-encryption-key', 'clickhouse-password', 'postgres-admin-password']) {
    assert.ok(!first.includes(secret), secret)
    assert.throws(() => fillSecrets(own, [secret], () => ''), {
      code: 'SETTING_INVALID',
      message: new RegExp(`second-${secret}`),
    })
  }
  assert.deepEqual(
    [...secretsOf(settings), ...VM_SECRETS].filter((secret) => !(secret in firstSecrets(settings))),
    [],
  )
})

test('the certificate of the VM is signed by the authority and names both of its parts', () => {
  const names = namesOf(settings)
  const { authority, server } = certificates(names)
  const certificate = new X509Certificate(server.slice(server.indexOf('-----BEGIN CERTIFICATE')))
  assert.ok(certificate.verify(new X509Certificate(authority).publicKey))
  for (const part of ['kafka', 'clickhouse'] as const) assert.ok(certificate.checkHost(names.host(part)))
  assert.equal(certificate.checkHost('elsewhere.internal'), undefined)
})

test('a larger size costs more, and each has a price', () => {
  const estimates = (['demo', 'standard', 'large'] as const).map((size) => estimate(settingsWith({ size })))
  const totals = estimates.map(({ total }) => total)
  assert.ok(totals.every((total) => total > 100))
  for (const { lines, total, assumes } of estimates) {
    assert.ok(Math.abs(lines.reduce((sum, { dollars }) => sum + dollars, 0) - total) <= 0.5)
    assert.ok(lines.every(({ dollars }) => Number.isFinite(dollars) && dollars >= 0))
    assert.ok(assumes.length >= 6)
  }
  assert.deepEqual(
    totals,
    [...totals].sort((a, b) => a - b),
  )
})

test('docs/operations.md tells the estimates of today', () => {
  const text = readFileSync(join(import.meta.dirname, '..', 'docs', 'operations.md'), 'utf8')
  for (const size of ['demo', 'standard', 'large'] as const) {
    const total = estimate(settingsWith({ size })).total.toLocaleString('en-US')
    assert.ok(text.includes(`$${total} for \`${size}\``), `${size} is ${total}`)
  }
})

test('what a part costs is there with the part, and grows with what is done', () => {
  const what = (changes: Record<string, unknown>) =>
    estimate(settingsWith(changes))
      .lines.map((line) => line.what)
      .join('\n')
  assert.match(what({}), /Cloud SQL db-custom-1-3840, ZONAL/)
  assert.doesNotMatch(what({ database: { kind: 'own', host: '10.1.2.3' } }), /Cloud SQL/)
  const line = (name: RegExp, size: string) =>
    estimate(settingsWith({ size })).lines.find((each) => name.test(each.what))!.dollars
  for (const name of [/^Pub\/Sub/, /^functions that are pushed/, /^Cloud Storage/, /^BigQuery/, /^log/]) {
    assert.ok(
      line(name, 'demo') <= line(name, 'standard') && line(name, 'standard') < line(name, 'large'),
      String(name),
    )
  }
  // 50 million changes of 90 bytes a day, taken once and given to three subscribers: 503 GiB, of which 10 are free.
  const subscribers = manifest.filter(
    ({ trigger }) => trigger.kind === 'push' && trigger.topic === TOPICS.changes,
  ).length
  const gib = (50_000_000 * 30 * 90 * (1 + subscribers)) / 2 ** 30
  assert.ok(Math.abs(line(/^Pub\/Sub/, 'large') - ((gib - 10) * 40) / 1024) < 0.01)
})
