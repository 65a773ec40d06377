import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { getFunction } from '@google-cloud/functions-framework/testing'
import { writePage } from '@pipeline/dashboard/build.ts'
import { z } from 'zod'
import { manifest } from './manifest.ts'
import { TOPICS } from './manifest-parts.ts'
import { settingNames } from './settings.ts'

const topic = z.enum(Object.values(TOPICS))
const cronField = /^(\*|\d+)(\/\d+)?([,-]\d+)*$/
const push = z
  .object({
    kind: z.literal('push'),
    topic,
    subscription: z.string().regex(/^(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}$/),
    ackDeadlineSeconds: z.int().min(10).max(600),
    minimumBackoffSeconds: z.int().min(0).max(600),
    maximumBackoffSeconds: z.int().min(0).max(600),
    maxDeliveryAttempts: z.int().min(5).max(100).nullable(),
    deadLetterTopic: topic.nullable(),
    retentionDays: z.int().min(1).max(31),
  })
  .refine((each) => each.minimumBackoffSeconds <= each.maximumBackoffSeconds)
  .refine((each) => (each.maxDeliveryAttempts === null) === (each.deadLetterTopic === null))
  .refine((each) => each.deadLetterTopic !== each.topic, { error: 'a topic must not feed itself' })
const schedule = z.object({
  kind: z.literal('schedule'),
  cron: z
    .string()
    .refine((cron) => cron.split(' ').length === 5 && cron.split(' ').every((f) => cronField.test(f))),
  timeZone: z.literal('UTC'),
  attemptDeadlineSeconds: z.int().min(15).max(1800),
  retries: z.int().min(0).max(5),
})
const role = z
  .string()
  .regex(/^roles\/(storage|pubsub|secretmanager|bigquery|dataflow|monitoring|iam)\.[A-Za-z]+$/)
const page = z.object({ kind: z.literal('page') })
const entry = z
  .object({
    name: z.string().regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/),
    entryPoint: z.string().min(1),
    folder: z.string().regex(/^[a-z][a-z0-9-]*$/),
    runtime: z.enum(['nodejs24', 'python311', 'python312', 'python313']),
    beside: z.array(z.string().regex(/^[a-z][a-z0-9-]*$/)).optional(),
    trigger: z.discriminatedUnion('kind', [push, schedule, page]),
    memoryMiB: z.int().min(128).max(32_768),
    cpu: z.number().min(0.08).max(8),
    timeoutSeconds: z.int().min(1).max(3600),
    concurrency: z.int().min(1).max(1000),
    maxInstances: z.int().min(1).max(1000),
    settings: z.record(z.string(), z.object({ from: z.string() })),
    access: z
      .array(z.object({ kind: z.enum(['bucket', 'topic', 'secret', 'dataset', 'project', 'account']), role }))
      .min(1),
  })
  .refine((each) => each.concurrency === 1 || each.cpu >= 1, { error: 'concurrency needs a whole CPU' })
  .refine(({ trigger, timeoutSeconds }) =>
    trigger.kind === 'push'
      ? trigger.ackDeadlineSeconds >= timeoutSeconds
      : trigger.kind === 'page' || trigger.attemptDeadlineSeconds >= timeoutSeconds,
  )

test('each entry is one that Google Cloud takes', () => {
  for (const each of manifest) {
    const result = entry.safeParse(each)
    assert.ok(result.success, `${each.name}: ${result.error && z.prettifyError(result.error)}`)
  }
})

test('names, subscriptions and folders are used once', () => {
  const subscriptions = manifest.flatMap(({ trigger }) =>
    trigger.kind === 'push' ? [trigger.subscription] : [],
  )
  for (const names of [
    manifest.map((each) => each.name),
    manifest.map((each) => each.folder),
    subscriptions,
  ]) {
    assert.equal(new Set(names).size, names.length)
  }
})

test('every function is there, and its entry point is registered by its index.ts', async (t) => {
  const assets = await mkdtemp(join(tmpdir(), 'page-'))
  t.after(() => rm(assets, { recursive: true }))
  await writePage(assets)
  const names = [
    'lake-sink',
    'oltp-sink',
    'clickhouse-sink',
    'dead-letter-sink',
    'load-dimensions',
    'load-facts',
    'batch-export',
    'compact-lake',
    'alert-sink',
    'launch-dataflow',
    'reconcile',
    'dashboard',
  ]
  assert.deepEqual(
    names.filter((name) => !manifest.some((each) => each.name === name)),
    [],
  )
  Object.assign(process.env, {
    LAKE_BUCKET: 'a-bucket',
    GOOGLE_CLOUD_PROJECT: 'test-project',
    DEAD_LETTER_TOPIC: TOPICS.deadLetters,
    WAREHOUSE: 'duckdb',
    DUCKDB_PATH: '/nowhere/at/all.duckdb',
    PUBSUB_EMULATOR_HOST: '127.0.0.1:1',
    STORAGE_EMULATOR_HOST: 'http://127.0.0.1:1',
    EVENTS_TOPIC: TOPICS.events,
    DATABASE_WRITER_URL: 'postgresql://writer@127.0.0.1:1/none',
    DATABASE_READER_URL: 'postgresql://reader@127.0.0.1:1/none',
    KAFKA_BROKERS: '127.0.0.1:1',
    CLICKHOUSE_URL: 'http://127.0.0.1:1',
    DUCKDB_PUBLISHED_PATH: '/nowhere/at/all.duckdb',
    PAGE_ASSETS: assets,
  })
  for (const { folder, entryPoint, runtime } of manifest) {
    if (runtime.startsWith('python')) {
      const main = await readFile(join(import.meta.dirname, folder, 'main.py'), 'utf8')
      assert.match(main, new RegExp(`^@functions_framework.http\\ndef ${entryPoint}\\(`, 'm'))
      continue
    }
    const index = join(import.meta.dirname, folder, 'index.ts')
    assert.ok(existsSync(index), index)
    assert.equal(getFunction(entryPoint), undefined, entryPoint)
    await import(index)
    assert.equal(typeof getFunction(entryPoint), 'function', entryPoint)
  }
})

test('every setting without a default has a source', () => {
  const needed = [
    ...['LAKE_BUCKET', 'GOOGLE_CLOUD_PROJECT', 'DEAD_LETTER_TOPIC', 'WAREHOUSE', 'DUCKDB_PATH'],
    ...['DATABASE_READER_URL', 'DATABASE_WRITER_URL', 'EVENTS_TOPIC', 'KAFKA_BROKERS', 'CLICKHOUSE_URL'],
    'PSEUDONYM_KEY',
  ]
  for (const { name, settings } of manifest) {
    const read: readonly string[] = settingNames[name.startsWith('load-') ? 'loader' : (name as 'lake-sink')]
    for (const each of read.filter((setting) => needed.includes(setting)))
      assert.ok(each in settings, `${name} ${each}`)
  }
})

test('invariant 9: no role on the project but those of running jobs, and none is of an admin', () => {
  for (const { name, access } of manifest) {
    for (const each of access) {
      if (each.kind === 'project') {
        const more: Record<string, string[]> = {
          'launch-dataflow': ['roles/dataflow.developer'],
          dashboard: ['roles/bigquery.jobUser', 'roles/monitoring.viewer'],
        }
        assert.ok((more[name] ?? ['roles/bigquery.jobUser']).includes(each.role), `${name}: ${each.role}`)
      }
      if (each.kind === 'dataset') assert.match(each.role, /^roles\/bigquery\.data(Viewer|Editor)$/, name)
      else assert.doesNotMatch(each.role, /admin|owner|editor$/i, name)
    }
  }
})

test('the warehouse is BigQuery in the cloud and DuckDB here, said once', () => {
  for (const { name, settings } of manifest.filter((each) => 'WAREHOUSE' in each.settings)) {
    const source = settings.WAREHOUSE!
    assert.equal(source.from, 'either', name)
    if (source.from !== 'either') continue
    assert.deepEqual(
      [source.cloud, source.local],
      [
        { from: 'value', value: 'bigquery' },
        { from: 'value', value: 'duckdb' },
      ],
    )
    assert.ok(settings.BIGQUERY_LOCATION, name)
  }
})
