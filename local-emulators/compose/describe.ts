import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CDC_ROLE, READER_ROLE, WRITER_ROLE } from '@pipeline/cdc/database.ts'
import { manifest } from '@pipeline/functions/manifest.ts'
import type { StackFile } from '../stack-file.ts'
import { asRole, BUCKET, PROJECT_ID } from '../supervisor/describe.ts'

/** Ports inside the network of the containers. */
export const PORTS = { function: 8080, relay: 9464, guard: 9465, control: 8090 } as const

export interface ComposeStack {
  stack: StackFile
  clickhousePassword: string
  cdcPassword: string
  /** PostgreSQL as the role that captures. */
  captureUrl: string
}

/** The stack as docker-compose.yml lays it out: a host is a service's name. Secrets come from `folder`. */
export async function describeCompose(folder: string): Promise<ComposeStack> {
  const secret = async (name: string): Promise<string> => (await readFile(join(folder, name), 'utf8')).trim()
  const [postgres, cdc, reader, writer, clickhousePassword, pseudonymKey] = await Promise.all(
    ['postgres', 'cdc', 'reader', 'writer', 'clickhouse', 'pseudonyms'].map(secret),
  )
  const postgresUrl = `postgresql://postgres:${postgres}@postgres:5432/hospital`
  const host = (name: string, port: number): string => `http://${name}:${port}`
  return {
    clickhousePassword: clickhousePassword!,
    cdcPassword: cdc!,
    captureUrl: asRole(postgresUrl, CDC_ROLE, cdc!),
    stack: {
      version: 1,
      startedAt: new Date().toISOString(),
      stateDir: '/data',
      supervisorPid: 1,
      state: 'ready',
      projectId: PROJECT_ID,
      postgresUrl,
      postgresReaderUrl: asRole(postgresUrl, READER_ROLE, reader!),
      postgresWriterUrl: asRole(postgresUrl, WRITER_ROLE, writer!),
      kafkaBrokers: 'redpanda:9092',
      connectUrl: host('connect', 8083),
      connectorName: 'hospital-postgres',
      pubsubHost: 'pubsub:8085',
      // Google's emulator has no page of figures.
      pubsubHttpUrl: '',
      gcsEndpoint: host('gcs', 4443),
      gcsBucket: BUCKET,
      clickhouseUrl: host('clickhouse', 8123),
      warehouseFile: '/data/warehouse/hospital.duckdb',
      publishedFile: '/data/warehouse/hospital-published.duckdb',
      pseudonymKey: pseudonymKey!,
      pageAssets: '/app/.page',
      dashboardUrl: host('dashboard', PORTS.function),
      relayMetricsUrl: host('relay', PORTS.relay),
      guardMetricsUrl: host('guard', PORTS.guard),
      controlUrl: host('scheduler', PORTS.control),
      functions: Object.fromEntries(manifest.map(({ name }) => [name, host(name, PORTS.function)])),
    },
  }
}

/** Users of ClickHouse in the containers. */
export const CLICKHOUSE_SINK_USER = 'hospital'
