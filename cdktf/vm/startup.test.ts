import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { readGuardSettings } from '@pipeline/cdc/guard/settings.ts'
import { readRelaySettings } from '@pipeline/cdc/relay/settings.ts'
import { readPrepareSettings } from '@pipeline/cdc/vm/settings.ts'
import { App } from 'cdktf'
import { repository } from '../archives/bundle.ts'
import { sortEntries, zip } from '../archives/zip.ts'
import { stage } from '../stage.ts'
import { Sandbox, SECRET } from '../testing/sandbox.ts'
import { all, choices, paperArchives, synthesize } from '../testing/synthesized.ts'
import { literal, startupScript, startupVariables } from './startup.ts'
import { vmEntries } from './vm-archive.ts'

const units = join(repository, 'cdc', 'vm', 'units')
const demo = stage(new App(), 'demo', choices.demo!, true)
const archive = paperArchives([]).vm
let sandbox: Sandbox
let first: ReturnType<Sandbox['run']>
const script = (release = archive.hash): string =>
  startupScript({
    ...startupVariables(demo, { ...archive, hash: release }),
    NODE_SHA512: sandbox.nodeSha512,
  })

before(async () => {
  // Native packages are 70 MB that no part of the start looks at.
  const entries = (await vmEntries()).filter(({ name }) => !name.startsWith('node_modules/'))
  sandbox = new Sandbox(zip(sortEntries(entries)))
  first = sandbox.run(script())
})
after(() => sandbox.remove())

const restarted = (calls: readonly string[]): string[] =>
  calls.flatMap((call) => /^systemctl restart .*hospital-(\w+)\.service/.exec(call)?.[1] ?? []).sort()

for (const [name, settings] of Object.entries(choices)) {
  test(`${name}: bash takes the script, and terraform hands it over as it is`, () => {
    const text = startupScript(startupVariables(stage(new App(), 'x', settings, true), archive))
    const { status, stderr } = spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    const [template] = all(synthesize(settings).pipeline, 'google_compute_instance_template')
    const handed = template.metadata['startup-script'] as string
    assert.doesNotMatch(handed.replaceAll('$${', ''), /\$\{|%\{/)
    assert.equal(
      handed.replaceAll('$${', () => '${'),
      text,
    )
  })
}

test('a text that terraform would read as a template is escaped', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what terraform would read as a template
  assert.equal(literal('a ${B} %{c} $D'), 'a $${B} %%{c} $D')
})

test('a setting that bash could run is refused', () => {
  for (const value of ["a'b", 'a;b', '$(x)', 'a b', 'a\nb']) {
    assert.throws(() => startupScript({ X: value }), /X has characters/)
  }
})

test('the first start formats the new disk, installs, and starts every part', () => {
  assert.equal(first.status, 0, first.output)
  assert.match(first.calls.join('\n'), /^mkfs\.ext4 /m)
  assert.deepEqual(restarted(first.calls), [
    'clickhouse',
    'connect',
    'guard',
    'health',
    'prepare',
    'redpanda',
    'relay',
  ])
})

test('the second start formats, downloads and restarts nothing', () => {
  const again = sandbox.run(script())
  assert.equal(again.status, 0, again.output)
  assert.deepEqual(restarted(again.calls), [])
  const calls = again.calls.join('\n')
  assert.doesNotMatch(calls, /^(mkfs|apt-get|curl|mvn|unzip|useradd|gcloud storage|mount )/m)
  assert.equal(sandbox.read('etc/fstab').trim().split('\n').length, 1)
})

test('a new release restarts our own parts and leaves the stores alone', () => {
  const updated = sandbox.run(script('e'.repeat(16)))
  assert.equal(updated.status, 0, updated.output)
  assert.deepEqual(restarted(updated.calls), ['connect', 'guard', 'health', 'prepare', 'relay'])
  assert.deepEqual(restarted(sandbox.run(script()).calls), ['connect', 'guard', 'health', 'prepare', 'relay'])
})

test('a Node that is not the one of package-lock.json ends the start', () => {
  const other = new Sandbox(Buffer.from(''))
  try {
    const { status, output } = other.run(startupScript(startupVariables(demo, archive)))
    assert.notEqual(status, 0)
    assert.match(output, /is not the one of package-lock.json/)
  } finally {
    other.remove()
  }
})

test('what the script gives the relay, the guard and the preparation are settings that they take', () => {
  const relay = readRelaySettings(sandbox.environment('relay'))
  assert.equal(relay.CHANGES_TOPIC, 'demo-hospital-changes')
  assert.equal(relay.LAKE_BUCKET, 'my-hospital-project-demo-lake')
  assert.ok(readGuardSettings(sandbox.environment('guard')).DATABASE_URL.includes(SECRET))
  assert.equal(readPrepareSettings(sandbox.environment('prepare')).KAFKA_READER_USER, 'hospital-reader')
})

test('Connect finds in its environment all that connector.json and worker.properties ask for', () => {
  const given = sandbox.environment('connect')
  for (const file of ['connector.json', 'worker.properties', 'worker-sasl.properties']) {
    const text = readFileSync(join(repository, 'cdc', 'connect', file), 'utf8')
    const asked = [...text.matchAll(/\$\{env:([A-Z_]+)\}/g)].map(([, name]) => name!)
    assert.ok(asked.length > 0, file)
    for (const name of asked) assert.ok(given[name], `${file} ${name}`)
    assert.equal(sandbox.read(`opt/hospital/current/${file}`), text)
  }
})

test('every part that speaks with Redpanda has its user, and Connect its lines for SASL', () => {
  for (const part of ['connect', 'relay', 'guard', 'prepare', 'replay']) {
    const { KAFKA_SASL_USER: user, KAFKA_SASL_PASSWORD: password } = sandbox.environment(part)
    assert.deepEqual([user, password], ['hospital-pipeline', SECRET], part)
  }
  const ours = ['worker.properties', 'worker-sasl.properties'].map((file) =>
    readFileSync(join(repository, 'cdc', 'connect', file), 'utf8'),
  )
  assert.equal(sandbox.read('run/hospital/connect/worker.properties'), ours.join(''))
})

test('a replay has its command', () => {
  assert.match(sandbox.read('usr/local/bin/hospital-replay'), /replay\.env[\s\S]*current\/replay\.mjs "\$@"/)
})

test('every unit finds its files and what it names of its environment', () => {
  const files = readdirSync(units)
  assert.equal(files.length, 7)
  for (const file of files) {
    const unit = readFileSync(join(units, file), 'utf8')
    const part = /^hospital-(\w+)\.service$/.exec(file)![1]!
    assert.match(unit, new RegExp(`^EnvironmentFile=-?/run/hospital/${part}\\.env$`, 'm'))
    const environment = sandbox.environment(part)
    for (const [, name] of unit.matchAll(/\$\{([A-Z_]+)\}/g)) assert.ok(environment[name!], `${file} ${name}`)
    for (const [, name] of unit.matchAll(/\/opt\/hospital\/current\/([\w.-]+)/g)) {
      assert.ok(sandbox.read(`opt/hospital/current/${name}`), name)
    }
    assert.match(unit, /^Restart=(always|on-failure)$/m)
    assert.match(unit, /^WantedBy=multi-user\.target$/m)
  }
})

test('invariant 9: secrets are in no file that others may read, and not in the script', () => {
  const listed = spawnSync(
    'grep',
    ['-rl', SECRET, join(sandbox.root, 'run'), join(sandbox.root, 'etc'), join(sandbox.root, 'opt')],
    {
      encoding: 'utf8',
    },
  )
    .stdout.trim()
    .split('\n')
  assert.ok(listed.length >= 5)
  for (const file of listed) {
    const { stdout } = spawnSync('stat', ['-c', '%a', file], { encoding: 'utf8' })
    assert.match(stdout.trim(), /^[46]00$/, file)
  }
  assert.ok(!script().includes(SECRET))
})
