import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { manifest } from '@pipeline/functions/manifest.ts'
import { readSettings, settingNames } from '@pipeline/functions/settings.ts'
import { parse } from 'yaml'
import { root } from '../paths.ts'
import { describeCompose, PORTS } from './describe.ts'
import { functionContainer, guardContainer, relayContainer } from './environment.ts'
import { makeSecrets, SECRET_FOLDERS } from './secrets.ts'

interface Service {
  image: string
  command?: string[]
  healthcheck?: { test: string[] }
  restart?: string
  ports?: string[]
  profiles?: string[]
  volumes?: string[]
  environment?: Record<string, string>
  depends_on?: Record<string, { condition: string }>
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const text = read('docker-compose.yml')
const { services, volumes } = parse(text, { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, null>
}
const ONCE = ['secrets', 'prepare', 'connector']

test('every part of the design is a service, and every function of the manifest runs as itself', () => {
  const parts = [
    'postgres',
    'redpanda',
    'redpanda-console',
    'connect',
    'pubsub',
    'gcs',
    'clickhouse',
    'grafana',
  ]
  for (const name of [...parts, 'prometheus', 'relay', 'guard', 'scheduler', 'pgadmin'])
    assert.ok(services[name], name)
  for (const { name, runtime } of manifest.filter((each) => each.runtime === 'nodejs24')) {
    assert.deepEqual(services[name]?.command, [name], `${name} ${runtime}`)
  }
  assert.deepEqual(services.pgadmin?.profiles, ['tools'])
})

test('services that stay have health checks and start again; what depends on them waits for their health', () => {
  for (const [name, { healthcheck, restart, depends_on: waits = {} }] of Object.entries(services)) {
    if (!ONCE.includes(name)) {
      assert.ok(healthcheck && healthcheck.test.length > 1, `${name} has no health check`)
      assert.equal(restart, 'unless-stopped', name)
    }
    for (const [other, { condition }] of Object.entries(waits)) {
      const wanted = ONCE.includes(other) ? 'service_completed_successfully' : 'service_healthy'
      assert.equal(condition, wanted, `${name} waits for ${other}`)
    }
  }
})

test('images are pinned, ports are of the loopback, and volumes are declared', () => {
  for (const [name, { image, ports = [], volumes: mounts = [] }] of Object.entries(services)) {
    assert.match(image, /^[a-z0-9./-]+:(?!latest$)[\w.-]+$/, name)
    if (!image.startsWith('hospital-')) assert.match(image, /:v?\d+\.\d+/, name)
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\$\{[A-Z_]+:-\d+\}:\d+$/, name)
    for (const mount of mounts) {
      const [source] = mount.split(':')
      if (source!.startsWith('.')) assert.ok(readdirSync(join(root, source!, '..')).length > 0, mount)
      else assert.ok(source! in volumes, mount)
    }
  }
  for (const [, from] of read('Dockerfile').matchAll(/^FROM (\S+) AS/gm)) {
    if (!['packages', 'jars', 'pipeline'].includes(from!))
      assert.match(from!, /^[a-z0-9/-]+:\d+\.\d+\.\d+/, from)
  }
})

test('invariant 9: no secret stands in the file; who needs one has it from the volume of its own', () => {
  assert.doesNotMatch(text, /(PASSWORD|SECRET|TOKEN)(?!\w*_FILE|\w*__FILE)\w*:\s*["']?\w/)
  for (const [name, { volumes: mounts = [] }] of Object.entries(services)) {
    if (name === 'secrets') continue
    const secrets = mounts.filter((mount) => mount.startsWith('secrets-'))
    assert.ok(secrets.length <= 1, name)
    for (const mount of secrets) assert.match(mount, /:ro$/, name)
  }
})

test('run-dbt has in its container the settings that the manifest gives it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'))
  try {
    await makeSecrets(folder)
    const described = await describeCompose(join(folder, 'pipeline'))
    const environment = functionContainer('run-dbt', described)!
    const own = services['run-dbt']!.environment as Record<string, string>
    for (const name of [
      'WAREHOUSE',
      'DUCKDB_PATH',
      'LAKE_BUCKET',
      'GOOGLE_CLOUD_PROJECT',
      'STORAGE_EMULATOR_HOST',
    ])
      assert.equal(own[name], environment[name], name)
    assert.match(read('Dockerfile'), /\/run\/hospital\/pipeline\/pseudonyms/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('.env.example has every setting with its default, and no other', () => {
  const defaults = Object.fromEntries(
    [...text.matchAll(/\$\{([A-Z_]+):-([^}]*)\}/g)].map(([, name, value]) => [name, value]),
  )
  const lines = read('.env.example')
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line))
  assert.deepEqual(Object.fromEntries(lines.map((line) => line.split('=') as [string, string])), defaults)
})

test('Prometheus reads relay, guard and every function under their names', () => {
  const { scrape_configs: jobs } = parse(read('dashboard/grafana/prometheus.yml')) as {
    scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[]
  }
  const wanted = [
    ['relay', `relay:${PORTS.relay}`],
    ['guard', `guard:${PORTS.guard}`],
    ...manifest
      .filter(({ runtime }) => runtime === 'nodejs24')
      .map(({ name }) => [name, `${name}:${PORTS.function}`]),
  ]
  assert.deepEqual(jobs.map((job) => [job.job_name, job.static_configs[0]!.targets[0]]).sort(), wanted.sort())
})

test('secrets are made once, each for those who need it, and give every part settings that it takes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'secrets-'))
  try {
    await makeSecrets(folder)
    const all = (): string[] =>
      Object.entries(SECRET_FOLDERS).flatMap(([part, names]) =>
        names.map((name) => readFileSync(join(folder, part, name), 'utf8')),
      )
    const first = all()
    await makeSecrets(folder)
    assert.deepEqual(all(), first, 'a second start keeps them')
    assert.equal(new Set(first).size, 9, 'seven of the pipeline, and one of each console')
    const value = (path: string): string => readFileSync(join(folder, path), 'utf8')
    assert.equal(value('connect/cdc'), value('pipeline/cdc'))
    assert.notEqual(value('grafana/admin'), value('pgadmin/admin'))
    const users = value('clickhouse/hospital.xml')
    assert.ok(
      users.includes(value('pipeline/clickhouse')) && users.includes(value('grafana/clickhouse-grafana')),
    )
    const described = await describeCompose(join(folder, 'pipeline'))
    for (const { name } of manifest.filter(({ runtime }) => runtime === 'nodejs24')) {
      const environment = functionContainer(name, described)!
      const names = settingNames[name.startsWith('load-') ? 'loader' : (name as 'lake-sink')]
      assert.doesNotThrow(() => readSettings(names, environment), name)
      if ('CLICKHOUSE_URL' in environment)
        assert.equal(environment.CLICKHOUSE_PASSWORD, value('pipeline/clickhouse'))
    }
    assert.equal(functionContainer('nothing', described), undefined)
    assert.equal(relayContainer(described).KAFKA_BROKERS, 'redpanda:9092')
    assert.match(guardContainer(described).DATABASE_URL!, /^postgresql:\/\/hospital_cdc:/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
