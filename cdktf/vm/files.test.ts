import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { App } from 'cdktf'
import { z } from 'zod'
import { repository } from '../archives/bundle.ts'
import { stage } from '../stage.ts'
import { choices, paperArchives } from '../testing/synthesized.ts'
import { startupScript, startupVariables } from './startup.ts'

const folder = join(repository, 'cdc', 'vm')
const bin = join(repository, '.tools', 'checks-venv', 'bin')
const text = (file: string): string => readFileSync(join(folder, file), 'utf8')

function tool(
  name: string,
  args: string[],
  input: string,
): { status: number | null; stdout: string; stderr: string } {
  assert.ok(existsSync(join(bin, name)), `${name} is not there: npm test installs it`)
  return spawnSync(join(bin, name), args, { input, encoding: 'utf8' })
}

function yaml(file: string): unknown {
  const script = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)'
  const { status, stdout, stderr } = tool('python', ['-c', script], text(file))
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout)
}

for (const [name, settings] of Object.entries(choices)) {
  test(`${name}: shellcheck finds nothing in the start-up script`, () => {
    const script = startupScript(
      startupVariables(stage(new App(), 'x', settings, true), paperArchives([]).vm),
    )
    const { status, stdout } = tool('shellcheck', ['--shell=bash', '--severity=style', '-'], script)
    assert.equal(stdout, '')
    assert.equal(status, 0)
  })
}

test('shellcheck finds nothing in the command for replays', () => {
  assert.equal(tool('shellcheck', ['--severity=style', '-'], text('hospital-replay.sh')).stdout, '')
})

test('shellcheck would find what bash takes and nobody means', () => {
  assert.match(tool('shellcheck', ['--shell=bash', '-'], '#!/bin/bash\nrm -rf $1/*\n').stdout, /SC2086/)
})

const port = z.int().min(1).max(65_535)
const listener = { name: z.string(), address: z.string().min(1), port }
const redpanda = z.strictObject({
  redpanda: z.strictObject({
    data_directory: z.literal('/var/lib/redpanda/data'),
    empty_seed_starts_cluster: z.literal(true),
    seed_servers: z.array(z.never()),
    rpc_server: z.strictObject({ address: z.literal('127.0.0.1'), port }),
    admin: z.array(z.strictObject({ address: z.literal('127.0.0.1'), port: z.literal(9644) })).length(1),
    kafka_api: z
      .array(z.strictObject({ ...listener, authentication_method: z.enum(['none', 'sasl']) }))
      .length(2),
    advertised_kafka_api: z.array(z.strictObject(listener)).length(2),
    kafka_api_tls: z.array(
      z.strictObject({
        name: z.string(),
        enabled: z.literal(true),
        require_client_auth: z.literal(false),
        cert_file: z.string(),
        key_file: z.string(),
      }),
    ),
  }),
})

test('Redpanda: whoever comes shows who it is, and over the network by TLS', () => {
  const { redpanda: node } = redpanda.parse(yaml('redpanda.yaml'))
  const secured = node.kafka_api_tls.map(({ name }) => name)
  for (const { name, address, authentication_method: method } of node.kafka_api) {
    assert.equal(method, 'sasl', name)
    if (address === '127.0.0.1') continue
    assert.ok(secured.includes(name), name)
  }
  const names = (listeners: { name: string; port: number }[]) =>
    listeners.map(({ name, port: at }) => `${name} ${at}`)
  assert.deepEqual(names(node.advertised_kafka_api), names(node.kafka_api))
})

test('Redpanda’s cluster: no topic by mistake, batches as producers packed them, seven days, SCRAM', () => {
  z.strictObject({
    auto_create_topics_enabled: z.literal(false),
    group_initial_rebalance_delay: z.int(),
    kafka_batch_max_bytes: z.literal(67_108_864),
    log_compression_type: z.literal('producer'),
    log_retention_ms: z.literal(7 * 86_400_000),
    log_segment_size: z.int().min(16_777_216),
    retention_local_strict: z.boolean(),
    storage_min_free_bytes: z.int().min(1_073_741_824),
    sasl_mechanisms: z.tuple([z.literal('SCRAM')]),
    kafka_enable_authorization: z.literal(true),
    superusers: z.tuple([z.literal('hospital-pipeline')]),
  }).parse(yaml('redpanda-cluster.yaml'))
  const { config } = JSON.parse(readFileSync(join(repository, 'cdc', 'connect', 'connector.json'), 'utf8'))
  assert.equal(config['producer.override.compression.type'], 'zstd')
  assert.ok(Number(config['producer.override.linger.ms']) >= 5)
  assert.ok(Number(config['producer.override.batch.size']) >= 131_072)
})

const receivers = z.record(z.string(), z.looseObject({ type: z.enum(['systemd_journald', 'prometheus']) }))
const half = z.strictObject({
  receivers,
  service: z.strictObject({
    pipelines: z.record(z.string(), z.strictObject({ receivers: z.array(z.string()) })),
  }),
})

test('the Ops Agent: its pipelines use receivers that are there, and scrape what the units listen on', () => {
  const agent = z.strictObject({ logging: half, metrics: half }).parse(yaml('ops-agent.yaml'))
  for (const { receivers: given, service } of [agent.logging, agent.metrics]) {
    for (const { receivers: used } of Object.values(service.pipelines))
      for (const each of used) assert.ok(given[each], each)
  }
  const jobs = JSON.stringify(agent.metrics.receivers)
  for (const target of ['127.0.0.1:9464', '127.0.0.1:9465', '127.0.0.1:9644'])
    assert.ok(jobs.includes(target), target)
  assert.equal(jobs.split('"environment":"ENVIRONMENT"').length - 1, 3)
})

test('ClickHouse: XML that listens to TLS alone and keeps no statement', () => {
  const script = `import json, sys, xml.etree.ElementTree as e
r = e.fromstring(sys.stdin.read())
json.dump([r.tag, {c.tag: [c.attrib.get("remove"), (c.text or "").strip()] for c in r}], sys.stdout)`
  const { status, stdout, stderr } = tool('python', ['-c', script], text('clickhouse.xml'))
  assert.equal(status, 0, stderr)
  const [root, tags] = JSON.parse(stdout) as [string, Record<string, [string | null, string]>]
  assert.equal(root, 'clickhouse')
  assert.equal(tags.https_port![1], '8443')
  for (const off of [
    'http_port',
    'tcp_port',
    'query_log',
    'text_log',
    'query_thread_log',
    'query_views_log',
  ]) {
    assert.equal(tags[off]?.[0], '1', off)
  }
})

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0
const skip = analyze ? false : 'systemd-analyze is not here: units are read by our own tests only'

test('systemd takes the units', { skip }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'units-'))
  try {
    // Programs and users that only the VM has are stood in for: what is asked is whether the units are well formed.
    for (const file of readdirSync(join(folder, 'units'))) {
      const unit = text(join('units', file))
        .replace(/^(Exec\w+=-?)\S+/gm, '$1/bin/true')
        .replace(/^(User=|EnvironmentFile=).*\n/gm, '')
        .replace(/^Requires=docker\.service\n/gm, '')
      writeFileSync(join(dir, file), unit)
    }
    const files = readdirSync(dir).map((file) => join(dir, file))
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', '--generators=no', ...files], {
      encoding: 'utf8',
      env: { ...process.env, SYSTEMD_UNIT_PATH: `${dir}:` },
    })
    const ours = stderr.split('\n').filter((line) => line.includes(dir) || /hospital-/.test(line))
    assert.deepEqual(ours, [])
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
