import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { gcsLake, storageClient } from '@pipeline/functions/lake/gcs.ts'
import { loadTables } from '@pipeline/functions/loader/load.ts'
import { duckdbWarehouse } from '@pipeline/functions/warehouse/duckdb.ts'
import { lakeName } from '@pipeline/hospital/lake-names.ts'
import type { StackFile } from '@pipeline/local-emulators/stack-file.ts'
import { pino } from 'pino'
import { type Beside, beside, expectRows, loopRate, nowhere, rateOf, together } from './rate.ts'
import { changeMessages, VISIT_COLUMNS, visitOf } from './rows.ts'

const ROWS = 300_000
const BUCKET = 'bench-lake'
/** As the loaders' settings have them unless set. */
const FILE = { memoryLimit: '512MB', threads: 2, lockWaitMs: 20_000 }
const LIMITS = { objects: 500, bytes: 32 * 1024 * 1024, stagedBytes: 64 * 1024 * 1024 }

async function insertOne(path: string, at: number): Promise<void> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  try {
    const visit = visitOf(at)
    await connection.run(
      'INSERT INTO visits VALUES ($1, $2, $3, $4, $5, $6)',
      VISIT_COLUMNS.map((name) => visit[name]),
    )
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/**
 * The loader from objects in the lake to the raw log on disk, and beside it what the reference does: for each change a
 * connection to the file, an insert of one row, and the connection's end, which is when DuckDB writes the file.
 */
export async function measureDuckdb(stack: StackFile): Promise<Beside> {
  const folder = await mkdtemp(join(tmpdir(), 'hospital-bench-duckdb-'))
  try {
    const storage = storageClient({ projectId: stack.projectId, emulatorHost: stack.gcsEndpoint })
    const [bucket] = await storage.createBucket(BUCKET)
    const lake = gcsLake(bucket)
    const visits = Array.from({ length: ROWS }, (_, at) => visitOf(at + 1))
    await together(await changeMessages(visits), 8, async ({ data, attributes }) => {
      const { table, topic, partition, firstOffset, lastOffset, count } = attributes
      const name = lakeName({
        table: table!,
        topic: topic!,
        partition: Number(partition),
        day: '20260301',
        firstOffset: Number(firstOffset),
        lastOffset: Number(lastOffset),
      })
      await lake.create({ name, bytes: data, contentType: 'application/gzip', metadata: { count: count! } })
    })
    const deps = {
      name: 'load-facts',
      lake,
      warehouse: duckdbWarehouse({ path: join(folder, 'ours.duckdb'), ...FILE }),
      deadLetters: nowhere,
      log: pino({ level: 'silent' }),
      tempRoot: folder,
      parallel: 4,
      limits: LIMITS,
    }
    let loaded = 0
    const ours = await rateOf(ROWS, async () => {
      loaded = (await loadTables(deps, ['visits'], Date.now() + 600_000)).totals.rows
    })
    expectRows('DuckDB', loaded, ROWS)
    const path = join(folder, 'loop.duckdb')
    const instance = await DuckDBInstance.create(path)
    const connection = await instance.connect()
    await connection.run(
      `CREATE TABLE visits (visit_id BIGINT PRIMARY KEY, patient_id BIGINT, doctor_id BIGINT, visit_date DATE,
         diagnosis VARCHAR, total_cost DECIMAL(10, 2))`,
    )
    connection.closeSync()
    instance.closeSync()
    return beside(ours, await loopRate(ROWS, (at) => insertOne(path, at + 1)))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
