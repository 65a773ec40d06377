import { http } from '@google-cloud/functions-framework'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { openClickHouse } from '../clickhouse/client.ts'
import { changeStore } from '../clickhouse/store.ts'
import { gcsLake, storageClient } from '../lake/gcs.ts'
import { createLog } from '../log.ts'
import { pubsubPublisher } from '../publisher.ts'
import { pushFunction } from '../push.ts'
import { readSettings, settingNames } from '../settings.ts'
import { clickHouseSink } from './sink.ts'

const name = 'clickhouse-sink'
const settings = readSettings(settingNames[name], process.env)
const projectId = settings.GOOGLE_CLOUD_PROJECT
const log = createLog(name, settings.LOG_LEVEL)
const storage = storageClient({ projectId, emulatorHost: settings.STORAGE_EMULATOR_HOST })
const deadLetters = pubsubPublisher(projectId, settings.DEAD_LETTER_TOPIC)
const store = changeStore({
  clickhouse: openClickHouse({
    url: settings.CLICKHOUSE_URL,
    username: settings.CLICKHOUSE_USER,
    password: settings.CLICKHOUSE_PASSWORD,
    database: settings.CLICKHOUSE_DATABASE,
  }),
  catalog,
  everyMs: settings.CLICKHOUSE_INSERT_EVERY_MS,
  most: settings.CLICKHOUSE_INSERT_ROWS,
})
const lake = gcsLake(storage.bucket(settings.LAKE_BUCKET))

http(
  name,
  pushFunction({ name, log, deadLetters, handle: clickHouseSink({ name, store, lake, deadLetters, log }) }),
)
