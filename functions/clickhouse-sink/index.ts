import { http } from '@google-cloud/functions-framework'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { openClickHouse } from '../clickhouse/client.ts'
import { changeStore } from '../clickhouse/store.ts'
import { gcsLake } from '../lake/gcs.ts'
import { settingsBucket } from '../lake/settings-bucket.ts'
import { createLog } from '../log.ts'
import { pubsubPublisher } from '../publisher.ts'
import { pushFunction } from '../push.ts'
import { readSettings, settingNames } from '../settings.ts'
import { clickHouseSink } from './sink.ts'

const name = 'clickhouse-sink'
const settings = readSettings(settingNames[name], process.env)
const log = createLog(name, settings.LOG_LEVEL)
const deadLetters = pubsubPublisher(settings.GOOGLE_CLOUD_PROJECT, settings.DEAD_LETTER_TOPIC)
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
const lake = gcsLake(settingsBucket(settings))

http(
  name,
  pushFunction({ name, log, deadLetters, handle: clickHouseSink({ name, store, lake, deadLetters, log }) }),
)
