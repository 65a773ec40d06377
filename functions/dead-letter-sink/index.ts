import { http } from '@google-cloud/functions-framework'
import { gcsLake } from '../lake/gcs.ts'
import { settingsBucket } from '../lake/settings-bucket.ts'
import { createLog } from '../log.ts'
import { pushFunction } from '../push.ts'
import { readSettings, settingNames } from '../settings.ts'
import { deadLetterSink } from './sink.ts'

const name = 'dead-letter-sink'
const settings = readSettings(settingNames[name], process.env)
const log = createLog(name, settings.LOG_LEVEL)
const lake = gcsLake(settingsBucket(settings))

http(name, pushFunction({ name, log, deadLetters: null, handle: deadLetterSink({ lake, log }) }))
