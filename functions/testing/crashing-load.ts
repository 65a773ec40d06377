import { writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { gcsLake, storageClient } from '../lake/gcs.ts'
import { loadTables } from '../loader/load.ts'
import { duckdbWarehouse } from '../warehouse/duckdb.ts'
import { logBook, outbox } from './serving.ts'

/** Loads visits and kills itself at the step that CRASH_AT names; `none` ends as it should. */
const { CRASH_AT, GCS_URL, BUCKET, DUCKDB } = process.env as Record<string, string>

function at(point: string): void {
  if (point !== CRASH_AT) return
  writeSync(1, `killed at ${point}`)
  process.kill(process.pid, 'SIGKILL')
}

const storage = storageClient({ projectId: 'test-project', emulatorHost: GCS_URL })
const file = { path: DUCKDB!, memoryLimit: '512MB', threads: 2, lockWaitMs: 20_000 }
const report = await loadTables(
  {
    name: 'load-facts',
    lake: gcsLake(storage.bucket(BUCKET!)),
    warehouse: duckdbWarehouse({ ...file, at }),
    deadLetters: outbox(),
    log: logBook(),
    tempRoot: process.env.TEMP_ROOT ?? tmpdir(),
    parallel: 4,
    limits: { objects: 2, bytes: 1024 * 1024, stagedBytes: 1024 * 1024 },
    at,
  },
  ['visits'],
  Date.now() + 60_000,
)
writeSync(1, JSON.stringify(report))
process.exit(0)
