import { join } from 'node:path'
import {
  type FunctionEntry,
  SECRETS,
  type SettingSource,
  TOPICS,
} from '@pipeline/functions/manifest-parts.ts'
import type { StackFile } from '../stack-file.ts'

/** Addresses under which the official clients find the emulators. */
function emulators(stack: StackFile): Record<string, string> {
  return {
    GOOGLE_CLOUD_PROJECT: stack.projectId,
    PUBSUB_EMULATOR_HOST: stack.pubsubHost,
    STORAGE_EMULATOR_HOST: stack.gcsEndpoint,
  }
}

function value(source: SettingSource, entry: FunctionEntry, stack: StackFile): string | undefined {
  switch (source.from) {
    case 'project':
      return stack.projectId
    case 'bucket':
      return stack.gcsBucket
    case 'topic':
      return source.topic
    case 'value':
      return source.value
    case 'timeout':
      return String(entry.timeoutSeconds)
    case 'kafka':
      return stack.kafkaBrokers
    case 'clickhouse':
      return stack.clickhouseUrl
    case 'secret':
      return {
        [SECRETS.databaseReader]: stack.postgresReaderUrl,
        [SECRETS.databaseWriter]: stack.postgresWriterUrl,
        // The local ClickHouse and Kafka ask for no password, exports have no key, and an empty setting counts as none.
        [SECRETS.clickhousePassword]: '',
        [SECRETS.kafkaReaderPassword]: '',
        [SECRETS.pseudonymKey]: stack.pseudonymKey,
        [SECRETS.exportKey]: '',
      }[source.secret]
    case 'dataset':
      return source.dataset
    case 'either':
      return value(source.local, entry, stack)
    case 'cloud':
      return undefined
    case 'local':
      return {
        'storage-emulator': stack.gcsEndpoint,
        'pubsub-emulator': stack.pubsubHost,
        'duckdb-file': stack.warehouseFile,
        'published-file': stack.publishedFile,
        'dbt-state': join(stack.stateDir, 'dbt'),
        'page-assets': stack.pageAssets,
        'pipeline-url': stack.controlUrl,
      }[source.what]
  }
}

/** The environment of a function: a value for each setting of its manifest entry but those of the cloud alone. */
export function functionEnvironment(entry: FunctionEntry, stack: StackFile): Record<string, string> {
  const values = Object.entries(entry.settings).flatMap(([name, source]) => {
    const text = value(source, entry, stack)
    return text === undefined ? [] : [[name, text] as const]
  })
  return Object.fromEntries(values)
}

/** The environment of the relay. */
export function relayEnvironment(stack: StackFile): Record<string, string> {
  return {
    ...emulators(stack),
    KAFKA_BROKERS: stack.kafkaBrokers,
    LAKE_BUCKET: stack.gcsBucket,
    CHANGES_TOPIC: TOPICS.changes,
    EVENTS_TOPIC: TOPICS.events,
    DEAD_LETTER_TOPIC: TOPICS.deadLetters,
  }
}

/** The environment of the capture guard. `databaseUrl` is PostgreSQL as the capturing role. */
export function guardEnvironment(stack: StackFile, databaseUrl: string): Record<string, string> {
  return {
    KAFKA_BROKERS: stack.kafkaBrokers,
    DATABASE_URL: databaseUrl,
    CONNECT_URL: stack.connectUrl,
    CONNECTOR_NAME: stack.connectorName,
  }
}
