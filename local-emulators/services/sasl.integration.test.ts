import assert from 'node:assert/strict'
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { applyConnector, readConnector } from '@pipeline/cdc/connect/connector.ts'
import { CDC_ROLE } from '@pipeline/cdc/database.ts'
import { createKafka } from '@pipeline/cdc/relay/kafka.ts'
import { createTopics } from '@pipeline/cdc/topics.ts'
import { letDescribe } from '@pipeline/cdc/vm/kafka-rights.ts'
import { openKafka } from '@pipeline/functions/reconcile/positions.ts'
import { freePort } from '@pipeline/functions/testing/fake-gcs.ts'
import { changeTopic } from '@pipeline/hospital/catalog.ts'
import { pino } from 'pino'
import { root } from '../paths.ts'
import { startTestPostgres, type TestPostgres } from '../producer/test-postgres.ts'
import { java } from './java.ts'
import { newClusterId } from './kafka.ts'

/** Redpanda's stand-in as the VM has it: nobody speaks with it who does not show who it is, and rights are asked for. */
const PIPELINE = { username: 'hospital-pipeline', password: 'of-a-test-0123456789' }
const READER = { username: 'hospital-reader', password: 'of-a-test-9876543210' }
const folder = join(root, 'cdc', 'connect')
const silent = pino({ level: 'silent' })
const jvm = { heapMiB: 320, log4j: join(folder, 'log4j2.properties') }
let dir: string
let broker: string
let connectUrl: string
let postgres: TestPostgres
let database: { url: string; query(text: string): Promise<unknown> }
const children: ChildProcess[] = []

function start(
  name: string,
  line: { command: string; args: string[] },
  env: Record<string, string> = {},
): ChildProcess {
  const child = spawn(line.command, line.args, { cwd: dir, env: { ...process.env, ...env } })
  const log = createWriteStream(join(dir, `${name}.log`))
  child.stdout.pipe(log)
  child.stderr.pipe(log)
  children.push(child)
  return child
}

async function until<T>(work: () => Promise<T>, what: string, of?: ChildProcess): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (of?.exitCode != null || tries > 300)
        throw new Error(
          `${what}: ${await readFile(join(dir, `${what}.log`), 'utf8').then((log) => log.slice(-3000))}`,
          { cause: error },
        )
      await sleep(100)
    }
  }
}

const kafka = (sasl?: typeof PIPELINE) => createKafka({ brokers: [broker], sasl }, 'a-test', silent)

async function startBroker(): Promise<void> {
  const [port, inside, controller] = await Promise.all([freePort(), freePort(), freePort()])
  broker = `127.0.0.1:${port}`
  const config = join(dir, 'server.properties')
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `LOCAL://${broker},INSIDE://127.0.0.1:${inside},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `LOCAL://${broker},INSIDE://127.0.0.1:${inside}`,
    'listener.security.protocol.map': 'LOCAL:SASL_PLAINTEXT,INSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'INSIDE',
    'sasl.enabled.mechanisms': 'SCRAM-SHA-256',
    'listener.name.local.scram-sha-256.sasl.jaas.config':
      'org.apache.kafka.common.security.scram.ScramLoginModule required;',
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:ANONYMOUS;User:${PIPELINE.username}`,
    'log.dirs': join(dir, 'data'),
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'offsets.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    'auto.create.topics.enable': false,
    'message.max.bytes': 67_108_864,
    'log.cleaner.dedupe.buffer.size': 8_388_608,
  }
  await writeFile(
    config,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  const users = [PIPELINE, READER].flatMap(({ username, password }) => [
    '--add-scram',
    `SCRAM-SHA-256=[name=${username},password=${password}]`,
  ])
  const format = java(
    'kafka.tools.StorageTool',
    ['format', '-t', newClusterId(), '-c', config, ...users],
    jvm,
  )
  execFileSync(format.command, format.args)
  const child = start('broker', java('kafka.Kafka', [config], jvm))
  await until(
    async () => {
      const admin = kafka(PIPELINE).admin()
      try {
        await admin.connect()
      } finally {
        await admin.disconnect()
      }
    },
    'broker',
    child,
  )
}

/** Connect with the file that the start-up script of the VM puts together, and the environment that it writes. */
async function startConnect(): Promise<void> {
  const files = ['worker.properties', 'worker-sasl.properties'].map((file) =>
    readFile(join(folder, file), 'utf8'),
  )
  await writeFile(join(dir, 'worker.properties'), (await Promise.all(files)).join(''))
  connectUrl = `http://127.0.0.1:${await freePort()}`
  const address = new URL(database.url)
  const child = start(
    'connect',
    java('org.apache.kafka.connect.cli.ConnectDistributed', ['worker.properties'], { ...jvm, heapMiB: 400 }),
    {
      KAFKA_BROKERS: broker,
      KAFKA_SASL_USER: PIPELINE.username,
      KAFKA_SASL_PASSWORD: PIPELINE.password,
      CONNECT_LISTENER: connectUrl,
      POSTGRES_HOST: address.hostname,
      POSTGRES_PORT: address.port,
      POSTGRES_DATABASE: address.pathname.slice(1),
      POSTGRES_SSLMODE: 'prefer',
      POSTGRES_CDC_USER: CDC_ROLE,
      POSTGRES_CDC_PASSWORD: decodeURIComponent(address.password),
    },
  )
  const connector = await readConnector()
  await until(() => applyConnector(connectUrl, connector), 'connect', child)
}

before(async () => {
  dir = await mkdtemp(join(tmpdir(), 'sasl-'))
  postgres = await startTestPostgres(['wal_level=logical'])
  database = await postgres.createMigrated()
  await startBroker()
})
after(async () => {
  for (const child of children.reverse()) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
  await postgres?.stop()
  await rm(dir, { recursive: true, force: true })
})

test('whoever does not show who it is gets nothing', async () => {
  await assert.rejects(createTopics(kafka()), /connection|SASL|closed|timed out/i)
  await assert.rejects(createTopics(kafka({ ...PIPELINE, password: 'another-one-0123456' })), /authenticat/i)
})

test('the pipeline’s user may do all, the reader sees where topics end and reads and writes nothing', async () => {
  assert.ok((await createTopics(kafka(PIPELINE))).includes(changeTopic('visits')))
  for (const _ of [1, 2]) await letDescribe(kafka(PIPELINE), READER.username)
  const positions = await openKafka({ brokers: [broker], tls: false, sasl: READER })
  // The broker may take a moment to learn what its controller has allowed.
  await until(
    async () =>
      assert.deepEqual(await positions.ends('visits'), [
        { topic: changeTopic('visits'), partition: 0, low: 0, end: 0 },
      ]),
    'broker',
  )
  await positions.close()
  const producer = kafka(READER).producer()
  await producer.connect()
  await assert.rejects(
    producer.send({ topic: changeTopic('visits'), messages: [{ value: 'a' }] }),
    /authorized/i,
  )
  await producer.disconnect()
  await assert.rejects(letDescribe(kafka(READER), READER.username), { code: 'KAFKA_UNAVAILABLE' })
})

test('Connect captures with the worker’s file of the VM: worker, its topics and Debezium’s producer all show who they are', async () => {
  await startConnect()
  await database.query(
    "INSERT INTO doctors (doctor_id, name, specialization, experience_years) VALUES (1, 'a', 'b', 3)",
  )
  const positions = await openKafka({ brokers: [broker], tls: false, sasl: READER })
  try {
    await until(async () => assert.ok((await positions.ends('doctors'))[0]!.end > 0), 'connect')
  } finally {
    await positions.close()
  }
})
