import { READER_ROLE, WRITER_ROLE } from '@pipeline/cdc/database.ts'
import { manifest } from '@pipeline/functions/manifest.ts'
import type { StatePaths } from '../paths.ts'
import type { Secrets } from '../secrets.ts'
import { clickhouseUrl } from '../services/clickhouse.ts'
import { gcsEndpoint } from '../services/gcs.ts'
import type { StackFile } from '../stack-file.ts'

export const PROJECT_ID = 'hospital-local'
export const RELAY_GROUP = 'hospital-relay'
export const EVENTS_GROUP = 'hospital-relay-events'
export const BUCKET = 'hospital-datalake'

/** The address of a database as another role. */
export function asRole(url: string, username: string, password: string): string {
  return Object.assign(new URL(url), { username, password }).href
}

/** What a stack that is being started says of itself. */
export function describeStack(
  paths: StatePaths,
  ports: Record<string, number>,
  postgresUrl: string,
  secrets: Secrets,
): StackFile {
  const local = (port: number | undefined): string => `http://127.0.0.1:${port}`
  return {
    version: 1,
    startedAt: new Date().toISOString(),
    stateDir: paths.dir,
    supervisorPid: process.pid,
    state: 'starting',
    projectId: PROJECT_ID,
    postgresUrl,
    postgresReaderUrl: asRole(postgresUrl, READER_ROLE, secrets.reader),
    postgresWriterUrl: asRole(postgresUrl, WRITER_ROLE, secrets.writer),
    kafkaBrokers: `127.0.0.1:${ports.KAFKA}`,
    connectUrl: local(ports.CONNECT),
    connectorName: 'hospital-postgres',
    pubsubHost: `127.0.0.1:${ports.PUBSUB}`,
    pubsubHttpUrl: local(ports.PUBSUB_HTTP),
    gcsEndpoint: gcsEndpoint(ports.GCS!),
    gcsBucket: BUCKET,
    clickhouseUrl: clickhouseUrl(ports.CLICKHOUSE!),
    warehouseFile: paths.warehouse,
    publishedFile: paths.published,
    pseudonymKey: secrets.pseudonyms,
    pageAssets: paths.pageAssets,
    dashboardUrl: local(ports.dashboard),
    relayMetricsUrl: local(ports.METRICS),
    guardMetricsUrl: local(ports.GUARD),
    controlUrl: local(ports.CONTROL),
    functions: Object.fromEntries(manifest.map(({ name }) => [name, local(ports[name])])),
  }
}
