import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, test } from 'node:test'
import { changeTopic } from '@pipeline/hospital/catalog.ts'
import kafkajs from 'kafkajs'
import { statePaths } from '../paths.ts'
import { loadSecrets } from '../secrets.ts'
import { loadRaw, sql, stack } from './the-stack.ts'

const { ConfigResourceTypes, Kafka, logLevel } = kafkajs
const KAFKA_PASSWORD = 'of-a-test-0123456789abcdef'
let folder: string
const users: { method: string; body: string }[] = []

/** What Redpanda's administration says to a user that is made. */
const redpanda = createServer(async (request, response) => {
  users.push({ method: request.method!, body: await text(request) })
  response.end()
})

before(async () => {
  const { vmEntries } = await import('@pipeline/cdktf/vm/vm-archive.ts')
  folder = await mkdtemp(join(tmpdir(), 'vm-release-'))
  for (const { name, data } of await vmEntries()) {
    if (name.startsWith('node_modules/')) continue
    await mkdir(dirname(join(folder, 'release', name)), { recursive: true })
    await writeFile(join(folder, 'release', name), data)
  }
  redpanda.listen(0, '127.0.0.1')
  await once(redpanda, 'listening')
})
after(async () => {
  redpanda.close()
  await rm(folder, { recursive: true, force: true })
})

/** Runs the preparation of the release as the VM's unit does, against the parts of the running stack. */
async function prepare(
  retentionDays: number,
  changes: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  const secrets = await loadSecrets(statePaths())
  const child = spawn(process.execPath, [join(folder, 'release', 'prepare.mjs')], {
    cwd: join(folder, 'release'),
    env: {
      PATH: '',
      DATABASE_ADMIN_URL: stack.postgresUrl,
      POSTGRES_CDC_PASSWORD: secrets.cdc,
      DATABASE_READER_URL: stack.postgresReaderUrl,
      DATABASE_WRITER_URL: stack.postgresWriterUrl,
      KAFKA_BROKERS: stack.kafkaBrokers,
      KAFKA_RETENTION_DAYS: String(retentionDays),
      REDPANDA_ADMIN_URL: `http://127.0.0.1:${(redpanda.address() as AddressInfo).port}`,
      KAFKA_READER_USER: 'hospital-reader',
      KAFKA_READER_PASSWORD: KAFKA_PASSWORD,
      CONNECT_URL: stack.connectUrl,
      ...changes,
    },
  })
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  return { code, output: output + errors }
}

async function retentionMs(topic: string): Promise<string | undefined> {
  const kafka = new Kafka({ brokers: [stack.kafkaBrokers], logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: ['retention.ms'] }]
    const described = await admin.describeConfigs({ resources, includeSynonyms: false })
    return described.resources[0]!.configEntries[0]?.configValue
  } finally {
    await admin.disconnect()
  }
}

test('the VM’s release prepares the parts that the local stack runs on, again and again, and capture goes on', async () => {
  const day = 86_400_000
  for (const days of [9, 7]) {
    const { code, output } = await prepare(days)
    assert.equal(code, 0, output)
    const line = JSON.parse(output.split('\n').find((each) => each.includes('"prepared"'))!)
    assert.deepEqual(
      { msg: line.msg, topics: line.topics, migrations: line.migrations, audited: line.audited },
      { msg: 'prepared', topics: [], migrations: [], audited: false },
    )
    assert.equal(await retentionMs(changeTopic('visits')), String(days * day))
    for (const secret of [KAFKA_PASSWORD, new URL(stack.postgresReaderUrl).password])
      assert.ok(!output.includes(secret))
  }
  const user = { username: 'hospital-reader', password: KAFKA_PASSWORD, algorithm: 'SCRAM-SHA-256' }
  assert.deepEqual(
    users.map(({ body }) => JSON.parse(body)),
    [user, user],
  )
  await sql((client) =>
    client.query(
      'UPDATE doctors SET experience_years = experience_years + 1 WHERE doctor_id = (SELECT min(doctor_id) FROM doctors)',
    ),
  )
  await loadRaw()
})

test('a part that is not there ends the preparation with 1 and its code: systemd then tries again', async () => {
  const { code, output } = await prepare(7, { REDPANDA_ADMIN_URL: 'http://127.0.0.1:1' })
  assert.equal(code, 1)
  assert.match(output, /not prepared yet/)
  assert.match(output, /KAFKA_UNAVAILABLE/)
})

test('on a server that audits, the extension for it is made; here it is none, and that is told', async () => {
  const url = new URL(stack.postgresUrl)
  url.searchParams.set('options', '-c cloudsql.enable_pgaudit=on')
  const { code, output } = await prepare(7, { DATABASE_ADMIN_URL: url.href.replaceAll('+', '%20') })
  assert.equal(code, 1)
  assert.match(output, /not prepared yet/)
})
