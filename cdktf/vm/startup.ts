import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { KAFKA_READER, SECRETS, TOPICS } from '@pipeline/functions/manifest-parts.ts'
import { repository } from '../archives/bundle.ts'
import { databaseAddress } from '../database.ts'
import type { VmSecret } from '../names.ts'
import type { Stage } from '../stage.ts'
import type { VmArchive } from './vm-archive.ts'

/** The user of Redpanda that the VM's own parts are; cdc/vm/redpanda-cluster.yaml lets it do everything. */
const KAFKA_PIPELINE = 'hospital-pipeline'
const SAFE = /^[A-Za-z0-9_./:@=&?+-]*$/

/** Encrypted; a server of one's own must be known by its certificate as well. */
const SSL = {
  'cloud-sql': { mode: 'require', query: 'uselibpqcompat=true&sslmode=require' },
  own: { mode: 'verify-full', query: 'sslmode=verify-full' },
}

export function sslOf({ settings }: Stage): { mode: string; query: string } {
  return SSL[settings.database.kind]
}

/** Secrets that the VM reads, by the name that the script gives them. */
export function vmSecrets({ settings }: Stage) {
  const { secretVersions: versions, vmSecretVersion: own, clickhouse } = settings
  const list: { as: string; secret: VmSecret | keyof typeof versions; version: number }[] = [
    { as: 'ADMIN', secret: 'postgres-admin-password', version: own },
    { as: 'CDC', secret: 'postgres-cdc-password', version: own },
    { as: 'PIPELINE', secret: 'kafka-pipeline-password', version: own },
    { as: 'TLS', secret: 'private-tls-key', version: own },
    ...Object.entries({
      READER: SECRETS.databaseReader,
      WRITER: SECRETS.databaseWriter,
      KAFKA: SECRETS.kafkaReaderPassword,
      ...(clickhouse.kind === 'vm' ? { CLICKHOUSE: SECRETS.clickhousePassword } : {}),
    }).map(([as, secret]) => ({ as, secret, version: versions[secret] })),
  ]
  return list
}

/** What the script is told, without a secret in it. */
export function startupVariables(stage: Stage, archive: VmArchive): Record<string, string> {
  const { settings, names, size } = stage
  const address = databaseAddress(stage)
  const ssl = sslOf(stage)
  const memory = size.memoryMiB
  const { clickhouse } = settings
  return {
    ENVIRONMENT: settings.name,
    PROJECT: settings.project,
    PROJECT_NUMBER: settings.projectNumber,
    REGION: settings.region,
    RELEASE: archive.hash,
    RELEASE_URL: `gs://${names.bucket('code')}/vm/${archive.hash}.zip`,
    NODE_VERSION: archive.node.version,
    NODE_URL: archive.node.url,
    NODE_SHA512: archive.node.sha512,
    KAFKA_HOST: names.host('kafka'),
    KAFKA_READER,
    KAFKA_PIPELINE,
    REDPANDA_IMAGE: settings.redpandaImage,
    KAFKA_RETENTION_DAYS: String(settings.kafkaRetentionDays),
    REDPANDA_CORES: String(Math.max(1, Math.floor(Number(size.vm.split('-').at(-1)) / 2))),
    REDPANDA_MEMORY_MIB: String(memory.redpanda),
    CONNECT_HEAP_MIB: String(memory.connect),
    RELAY_HEAP_MIB: String(memory.relay),
    GUARD_HEAP_MIB: String(memory.guard),
    POSTGRES_HOST: address.host,
    POSTGRES_PORT: String(address.port),
    POSTGRES_DATABASE: settings.databaseName,
    POSTGRES_ADMIN: 'postgres',
    POSTGRES_SSLMODE: ssl.mode,
    POSTGRES_QUERY: ssl.query,
    EVENTS_TOPIC: names.topic(TOPICS.events),
    CHANGES_TOPIC: names.topic(TOPICS.changes),
    DEAD_LETTER_TOPIC: names.topic(TOPICS.deadLetters),
    LAKE_BUCKET: names.bucket('lake'),
    CLICKHOUSE: clickhouse.kind === 'vm' ? 'yes' : 'no',
    CLICKHOUSE_IMAGE: clickhouse.kind === 'vm' ? clickhouse.image : '',
    CLICKHOUSE_MEMORY_MIB: String(memory.clickhouse),
    ...Object.fromEntries(
      vmSecrets(stage).flatMap(({ as, secret, version }) => [
        [`SECRET_${as}`, names.secret(secret)],
        [`SECRET_${as}_VERSION`, String(version)],
      ]),
    ),
  }
}

/** The start-up script as bash takes it. Throws on a value that bash could read as more than a text. */
export function startupScript(variables: Record<string, string>): string {
  const lines = Object.entries(variables).map(([name, value]) => {
    if (!SAFE.test(value)) throw new TypeError(`${name} has characters that a script must not have`)
    return `${name}='${value}'`
  })
  const parts = ['settings.sh', 'start.sh'].map((file) =>
    readFileSync(join(repository, 'cdc', 'vm', file), 'utf8'),
  )
  return `#!/bin/bash\n${lines.join('\n')}\n${parts.join('\n')}`
}

/** A text that terraform takes as it is: in it, two signs begin templates. */
export function literal(text: string): string {
  return text.replaceAll('${', () => '$${').replaceAll('%{', () => '%%{')
}
