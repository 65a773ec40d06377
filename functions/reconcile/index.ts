import { tmpdir } from 'node:os'
import { http } from '@google-cloud/functions-framework'
import { PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'
import { openClickHouse } from '../clickhouse/client.ts'
import { bodyOf, postFunction, sendError } from '../http.ts'
import { exportsKey } from '../lake/customer-key.ts'
import { gcsLake } from '../lake/gcs.ts'
import { settingsBucket } from '../lake/settings-bucket.ts'
import { createLog } from '../log.ts'
import { readSettings, settingNames } from '../settings.ts'
import { bigqueryClient } from '../warehouse/bigquery/client.ts'
import { Jobs } from '../warehouse/bigquery/jobs.ts'
import { bigqueryOptions, duckdbFile } from '../warehouse/compose.ts'
import { bigqueryChanges } from './bigquery-changes.ts'
import { clickhouseStore } from './clickhouse.ts'
import { keepReport } from './keep.ts'
import { openKafka } from './positions.ts'
import { openSnapshot } from './postgres.ts'
import { reconcile } from './reconcile.ts'

const settings = readSettings(settingNames.reconcile, process.env)
const log = createLog('reconcile', settings.LOG_LEVEL)
const lake = gcsLake(settingsBucket(settings), undefined, exportsKey(settings.EXPORT_ENCRYPTION_KEY))
const clickhouse = openClickHouse({
  url: settings.CLICKHOUSE_URL,
  username: settings.CLICKHOUSE_USER,
  password: settings.CLICKHOUSE_PASSWORD,
  database: settings.CLICKHOUSE_DATABASE,
  timeoutMs: 600_000,
})
const { KAFKA_SASL_USER: username, KAFKA_SASL_PASSWORD: password } = settings
if ((username === undefined) !== (password === undefined)) {
  throw new PipelineError('SETTING_INVALID', {
    settings: 'KAFKA_SASL_USER and KAFKA_SASL_PASSWORD go together',
  })
}
const kafka = {
  brokers: settings.KAFKA_BROKERS,
  tls: settings.KAFKA_TLS,
  sasl: username && password ? { username, password } : undefined,
}
const inBigquery = settings.WAREHOUSE === 'bigquery'
const warehouse = duckdbFile(inBigquery ? { ...settings, DUCKDB_PATH: '' } : settings)
const bigquery = inBigquery
  ? bigqueryChanges(
      new Jobs(bigqueryClient(bigqueryOptions(settings)), {
        timeoutMs: settings.BIGQUERY_JOB_TIMEOUT_SECONDS * 1000,
      }),
      settings.BIGQUERY_RAW_DATASET,
    )
  : undefined
const requestSchema = z.object({ waitSeconds: z.number().min(0).max(600).default(20) })

/** POST `{"waitSeconds"?: n}`: 200 with a ReconcileReport, whatever it says; 503 when a part can't be reached. */
http(
  'reconcile',
  postFunction(async (request, response) => {
    const body = bodyOf(request)?.toString() || '{}'
    let waitSeconds: number
    try {
      waitSeconds = requestSchema.parse(JSON.parse(body)).waitSeconds
    } catch {
      response.status(400).json({ code: 'REQUEST_INVALID', message: 'expected {"waitSeconds": 0 to 600}' })
      return
    }
    try {
      const report = await reconcile({
        openSource: () => openSnapshot(settings.DATABASE_READER_URL),
        openKafka: () => openKafka(kafka),
        lake,
        warehouse,
        bigquery,
        stores: [clickhouseStore(clickhouse)],
        publishedPath: settings.DUCKDB_PUBLISHED_PATH,
        slot: settings.REPLICATION_SLOT,
        tempRoot: tmpdir(),
        waitMs: waitSeconds * 1000,
      })
      const level = report.status === 'different' ? 'error' : 'info'
      // The answer is the report; that it could not be kept as well is an error of its own.
      await keepReport(lake, report).catch((error: unknown) =>
        log.error({ error: safeError(error) }, 'the report could not be kept'),
      )
      log[level]({ status: report.status, lsn: report.lsn, deadLetters: report.deadLetters }, 'reconciled')
      response.status(200).json(report)
    } catch (error) {
      log.error({ error: safeError(error) }, 'could not reconcile')
      sendError(response, 503, error)
    }
  }),
)
