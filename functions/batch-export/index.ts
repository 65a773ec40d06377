import { tmpdir } from 'node:os'
import { http } from '@google-cloud/functions-framework'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { exportsKey } from '../lake/customer-key.ts'
import { gcsLake } from '../lake/gcs.ts'
import { settingsBucket } from '../lake/settings-bucket.ts'
import { createLog } from '../log.ts'
import { readSettings, settingNames } from '../settings.ts'
import { exportFunction } from './function.ts'
import { openExportSnapshot } from './snapshot.ts'
import { exportStore } from './store.ts'

const name = 'batch-export'
const settings = readSettings(settingNames[name], process.env)
const bucket = settingsBucket(settings)
const keyOf = exportsKey(settings.EXPORT_ENCRYPTION_KEY)

http(
  name,
  exportFunction(
    {
      openSnapshot: (tables) => openExportSnapshot(settings.DATABASE_READER_URL, tables),
      store: exportStore(bucket, gcsLake(bucket, undefined, keyOf), keyOf),
      encoder: {
        memoryLimit: settings.EXPORT_MEMORY_LIMIT,
        threads: settings.DUCKDB_THREADS,
        tempRoot: tmpdir(),
      },
      limits: {
        minBytes: settings.EXPORT_PART_BYTES,
        maxBytes: 2 * settings.EXPORT_PART_BYTES,
      },
      tempRoot: tmpdir(),
      tables: catalog.map((table) => table.name),
      log: createLog(name, settings.LOG_LEVEL),
    },
    settings.FUNCTION_TIMEOUT_SECONDS,
  ),
)
