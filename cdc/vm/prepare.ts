import { safeError } from '@pipeline/hospital/errors.ts'
import { pino } from 'pino'
import { applyConnector, readConnector } from '../connect/connector.ts'
import { checkServer, enableAudit, migrate, setRolePasswords } from '../database.ts'
import { createKafka } from '../relay/kafka.ts'
import { createTopics } from '../topics.ts'
import { letDescribe } from './kafka-rights.ts'
import { ensureUser } from './redpanda-user.ts'
import { readPrepareSettings } from './settings.ts'

/**
 * Brings PostgreSQL, Redpanda and Connect to what the release needs, and ends. Every step can be taken again. Ends
 * with 1 when a part is not there yet: systemd then starts it once more.
 */
const logger = pino({ name: 'prepare', level: process.env.LOG_LEVEL || 'info' })

function passwordIn(url: string): string {
  return decodeURIComponent(new URL(url).password)
}

try {
  const settings = readPrepareSettings(process.env)
  const { KAFKA_SASL_USER: username, KAFKA_SASL_PASSWORD: password } = settings
  const sasl = username && password ? { username, password } : undefined
  const kafka = createKafka({ brokers: settings.KAFKA_BROKERS.split(','), sasl }, 'hospital-prepare', logger)
  if (sasl) await ensureUser(settings.REDPANDA_ADMIN_URL, sasl.username, sasl.password)
  await ensureUser(settings.REDPANDA_ADMIN_URL, settings.KAFKA_READER_USER, settings.KAFKA_READER_PASSWORD)
  if (sasl) await letDescribe(kafka, settings.KAFKA_READER_USER)
  const topics = await createTopics(kafka, settings.KAFKA_RETENTION_DAYS)
  await checkServer(settings.DATABASE_ADMIN_URL)
  const audited = await enableAudit(settings.DATABASE_ADMIN_URL)
  const migrations = await migrate(settings.DATABASE_ADMIN_URL)
  await setRolePasswords(settings.DATABASE_ADMIN_URL, {
    cdc: settings.POSTGRES_CDC_PASSWORD,
    reader: passwordIn(settings.DATABASE_READER_URL),
    writer: passwordIn(settings.DATABASE_WRITER_URL),
  })
  await applyConnector(settings.CONNECT_URL, await readConnector())
  logger.info({ topics, migrations, audited }, 'prepared')
} catch (error) {
  logger.error({ error: safeError(error) }, 'not prepared yet')
  process.exitCode = 1
}
