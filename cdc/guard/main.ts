import { safeError } from '@pipeline/hospital/errors.ts'
import pg from 'pg'
import { pino } from 'pino'
import { kafkaOf } from '../environment.ts'
import { serveMetrics } from '../relay/metrics.ts'
import { Guard } from './guard.ts'
import { createGuardMetrics } from './metrics.ts'
import { readGuardSettings } from './settings.ts'

const settings = readGuardSettings(process.env)
const logger = pino({ name: 'guard', level: settings.LOG_LEVEL })
const metrics = createGuardMetrics()
const pool = new pg.Pool({
  connectionString: settings.DATABASE_URL,
  max: 2,
  connectionTimeoutMillis: 10_000,
  query_timeout: 30_000,
  application_name: 'hospital-guard',
})
pool.on('error', () => {})
const guard = new Guard({
  kafka: kafkaOf(settings, 'hospital-guard', logger),
  pool,
  connectUrl: settings.CONNECT_URL,
  connectorName: settings.CONNECTOR_NAME,
  notificationsTopic: settings.NOTIFICATIONS_TOPIC,
  intervalMs: settings.GUARD_INTERVAL_MS,
  metrics,
  logger,
  onFatal: (error) => end(error, 'reading from Kafka ended'),
})

function end(error: unknown, why: string): never {
  logger.fatal({ error: safeError(error) }, why)
  process.exit(1)
}

process.once('SIGTERM', async () => {
  await guard.stop()
  await pool.end()
  process.exit(0)
})
process.on('unhandledRejection', (error) => end(error, 'unexpected error'))

let watching = false
await serveMetrics(metrics, settings.METRICS_HOST, settings.METRICS_PORT, () => watching)
await guard.start()
watching = true
