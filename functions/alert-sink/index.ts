import { http } from '@google-cloud/functions-framework'
import { gcsLake } from '../lake/gcs.ts'
import { settingsBucket } from '../lake/settings-bucket.ts'
import { createLog } from '../log.ts'
import { pubsubPublisher } from '../publisher.ts'
import { pushFunction } from '../push.ts'
import { readSettings, settingNames } from '../settings.ts'
import { alertSink } from './sink.ts'

const name = 'alert-sink'
const settings = readSettings(settingNames[name], process.env)
const log = createLog(name, settings.LOG_LEVEL)
const lake = gcsLake(settingsBucket(settings))
const deadLetters = pubsubPublisher(settings.GOOGLE_CLOUD_PROJECT, settings.DEAD_LETTER_TOPIC)

http(name, pushFunction({ name, log, deadLetters, handle: alertSink({ lake, log }) }))
