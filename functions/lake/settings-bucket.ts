import type { Bucket } from '@google-cloud/storage'
import { storageClient } from './gcs.ts'

/** The lake's bucket, as the settings of a function name it. */
export function settingsBucket(settings: {
  GOOGLE_CLOUD_PROJECT: string
  STORAGE_EMULATOR_HOST?: string | undefined
  LAKE_BUCKET: string
}): Bucket {
  return storageClient({
    projectId: settings.GOOGLE_CLOUD_PROJECT,
    emulatorHost: settings.STORAGE_EMULATOR_HOST,
  }).bucket(settings.LAKE_BUCKET)
}
