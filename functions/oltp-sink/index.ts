import { http } from '@google-cloud/functions-framework'
import { createLog } from '../log.ts'
import { pubsubPublisher } from '../publisher.ts'
import { pushFunction } from '../push.ts'
import { readSettings, settingNames } from '../settings.ts'
import { writerPool } from './pool.ts'
import { oltpSink } from './sink.ts'

const name = 'oltp-sink'
const settings = readSettings(settingNames[name], process.env)
const projectId = settings.GOOGLE_CLOUD_PROJECT
const log = createLog(name, settings.LOG_LEVEL)
const deadLetters = pubsubPublisher(projectId, settings.DEAD_LETTER_TOPIC)
const handle = oltpSink({
  pool: writerPool(settings.DATABASE_WRITER_URL, settings.DATABASE_MAX_CONNECTIONS, log),
  events: pubsubPublisher(projectId, settings.EVENTS_TOPIC),
  deadLetters,
  maxWaitSeconds: settings.EVENT_MAX_WAIT_SECONDS,
  ledgerDays: settings.EVENT_LEDGER_DAYS,
  log,
})

http(name, pushFunction({ name, log, deadLetters, handle }))
