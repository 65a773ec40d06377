import { http } from '@google-cloud/functions-framework'
import { gcsLake, storageClient } from '../lake/gcs.ts'
import { createLog } from '../log.ts'
import { pushFunction } from '../push.ts'
import { readSettings, settingNames } from '../settings.ts'
import { deadLetterSink } from './sink.ts'

const name = 'dead-letter-sink'
const settings = readSettings(settingNames[name], process.env)
const log = createLog(name, settings.LOG_LEVEL)
const storage = storageClient({
  projectId: settings.GOOGLE_CLOUD_PROJECT,
  emulatorHost: settings.STORAGE_EMULATOR_HOST,
})
const lake = gcsLake(storage.bucket(settings.LAKE_BUCKET))

http(name, pushFunction({ name, log, deadLetters: null, handle: deadLetterSink({ lake, log }) }))
