import { join } from 'node:path'
import { applyConnector, connectorHealth, readConnector } from '@pipeline/cdc/connect/connector.ts'
import { CDC_ROLE } from '@pipeline/cdc/database.ts'
import { root } from '../paths.ts'
import type { ServiceSpec } from '../supervisor/managed-process.ts'
import { until } from '../supervisor/wait.ts'
import { java } from './java.ts'

export interface ConnectOptions {
  port: number
  brokers: string
  /** The database to capture; user and password in it are not used. */
  databaseUrl: string
  cdcPassword: string
}

/** Kafka Connect with Debezium; registers the connector after every start. */
export async function connectService(options: ConnectOptions): Promise<ServiceSpec> {
  const url = `http://127.0.0.1:${options.port}`
  const folder = join(root, 'cdc', 'connect')
  const database = new URL(options.databaseUrl)
  const connector = await readConnector()
  return {
    name: 'connect',
    ...java('org.apache.kafka.connect.cli.ConnectDistributed', [join(folder, 'worker.properties')], {
      heapMiB: 512,
      log4j: join(folder, 'log4j2.properties'),
    }),
    env: {
      KAFKA_BROKERS: options.brokers,
      CONNECT_LISTENER: url,
      POSTGRES_HOST: database.hostname,
      POSTGRES_PORT: database.port || '5432',
      POSTGRES_DATABASE: decodeURIComponent(database.pathname.slice(1)),
      POSTGRES_SSLMODE: database.searchParams.get('sslmode') ?? 'prefer',
      POSTGRES_CDC_USER: CDC_ROLE,
      POSTGRES_CDC_PASSWORD: options.cdcPassword,
    },
    stopTimeoutMs: 20_000,
    ready: async (signal) => {
      await until(() => applyConnector(url, connector), signal, 250)
      await until(
        async () => {
          const { tasks } = await connectorHealth(url, connector.name)
          if (tasks.length === 0 || tasks.some((state) => state !== 'RUNNING'))
            throw new Error('no task runs yet')
        },
        signal,
        100,
      )
    },
  }
}
