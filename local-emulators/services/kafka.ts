import { execFile } from 'node:child_process'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { root } from '../paths.ts'
import type { ServiceSpec } from '../supervisor/managed-process.ts'
import { until } from '../supervisor/wait.ts'
import { java } from './java.ts'

const run = promisify(execFile)

export interface KafkaOptions {
  dir: string
  port: number
  controllerPort: number
}

function properties(options: KafkaOptions): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${options.controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${options.port},CONTROLLER://127.0.0.1:${options.controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${options.port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(options.dir, 'data'),
    'num.network.threads': 2,
    'num.io.threads': 2,
    'num.recovery.threads.per.data.dir': 1,
    'background.threads': 2,
    'num.partitions': 1,
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    'auto.create.topics.enable': false,
    'message.max.bytes': 67_108_864,
    'replica.fetch.max.bytes': 67_108_864,
    'log.segment.bytes': 134_217_728,
    'log.cleaner.dedupe.buffer.size': 8_388_608,
    'log.retention.hours': 168,
    'metadata.log.segment.bytes': 8_388_608,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** A random id in base64; one that began with a hyphen would be taken for another option. */
export function newClusterId(): string {
  const id = crypto.getRandomValues(new Uint8Array(16))
  id[0]! &= 0x7f
  return Buffer.from(id).toString('base64url')
}

/** One broker of Apache Kafka in KRaft mode, standing in for Redpanda; formats its storage at first use. */
export async function kafkaService(options: KafkaOptions): Promise<ServiceSpec> {
  await mkdir(options.dir, { recursive: true })
  const config = join(options.dir, 'server.properties')
  await writeFile(config, properties(options))
  const jvm = { heapMiB: 320, log4j: join(root, 'cdc', 'connect', 'log4j2.properties') }
  if (!(await stat(join(options.dir, 'data', 'meta.properties')).catch(() => undefined))) {
    const format = java('kafka.tools.StorageTool', ['format', '-t', newClusterId(), '-c', config], jvm)
    await run(format.command, format.args)
  }
  const kafka = new Kafka({
    brokers: [`127.0.0.1:${options.port}`],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  })
  return {
    name: 'kafka',
    ...java('kafka.Kafka', [config], jvm),
    stopTimeoutMs: 20_000,
    ready: (signal) =>
      until(async () => {
        const admin = kafka.admin()
        try {
          await admin.connect()
          if ((await admin.describeCluster()).brokers.length === 0) throw new Error('no broker yet')
        } finally {
          await admin.disconnect()
        }
      }, signal),
  }
}
