import { mkdtemp, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { catalog } from '@pipeline/hospital/catalog.ts'
import type { Lake, LakeObject } from '../lake/port.ts'
import { type DuckdbFileOptions, withDatabase } from '../warehouse/duckdb-file.ts'
import type { BigqueryChanges } from './bigquery-changes.ts'
import { bigqueryVisible } from './bigquery-sql.ts'
import { comparable } from './columns.ts'
import { type CurrentRows, type CurrentStore, readCurrent } from './current-store.ts'
import { readDeadLetters } from './dead-letters.ts'
import { newestExport } from './exports.ts'
import { listChanges } from './lake-changes.ts'
import { type KafkaPositions, type PartitionEnd, waitForCapture } from './positions.ts'
import type { SourceSnapshot } from './postgres.ts'
import { type ReconcileReport, type TableReport, worst } from './report.ts'
import { reconcileTable } from './table.ts'
import { gapsOf } from './table-input.ts'
import { parseSnapshot, visibleSql } from './visibility.ts'
import { attachPublished, attachWarehouse, detachPublished, detachWarehouse } from './warehouse-changes.ts'

export interface ReconcileDeps {
  openSource: () => Promise<SourceSnapshot>
  openKafka: () => Promise<KafkaPositions>
  lake: Lake
  /** Stores of current rows beside the warehouse. */
  stores: readonly CurrentStore[]
  /** The DuckDB file of the warehouse; its limits hold for the work too. Its `path` counts only without `bigquery`. */
  warehouse: DuckdbFileOptions
  /** BigQuery's raw log, where that is the warehouse. */
  bigquery?: BigqueryChanges | undefined
  /** The DuckDB file that is published, where one is. */
  publishedPath?: string | undefined
  slot: string
  tempRoot: string
  /** How long changes may be on their way to the lake, ms. */
  waitMs: number
}

const POLL_MS = 300

/** Lists a table's objects until they hold all that Kafka has, or the time is over. */
async function awaitLake(
  deps: ReconcileDeps,
  table: string,
  ends: readonly PartitionEnd[],
  deadline: number,
): Promise<LakeObject[]> {
  for (;;) {
    const objects = await listChanges(deps.lake, table)
    const deadLetters = await readDeadLetters(deps.lake)
    const { open } = gapsOf(
      { ends, deadLetters },
      objects.map(({ name }) => name),
    )
    if (open.length === 0 || Date.now() >= deadline) return objects
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/**
 * Compares PostgreSQL at one LSN with every store: counts and hashes by key range, then keys. What is still on its
 * way is told from what is wrong by Kafka's offsets. Throws when a part can't be reached.
 */
export async function reconcile(deps: ReconcileDeps): Promise<ReconcileReport> {
  const started = Date.now()
  const folder = await mkdtemp(join(deps.tempRoot, 'reconcile-'))
  const source = await deps.openSource()
  const kafka = await deps.openKafka().catch(async (error: unknown) => {
    await source.close()
    throw error
  })
  try {
    const deadline = started + deps.waitMs
    const captureBehindBytes = await waitForCapture(source, deps.slot, deadline)
    const tables = await compareTables(
      deps,
      source,
      kafka,
      join(folder, 'work.duckdb'),
      captureBehindBytes,
      deadline,
    )
    const deadLetters = await readDeadLetters(deps.lake)
    const slotGone = captureBehindBytes === null
    const states = tables.flatMap(({ stores }) => stores.map(({ status }) => status))
    return {
      status: worst([...states, slotGone ? 'different' : 'equal']),
      lsn: source.lsn,
      at: source.at,
      captureBehindBytes,
      deadLetters: deadLetters.total,
      tables,
      notes: [
        ...(slotGone ? [`PostgreSQL has no replication slot ${deps.slot}: changes are not captured`] : []),
        ...(deadLetters.total > 0
          ? [`${deadLetters.total} objects in dead-letters/: look at their reasons`]
          : []),
      ],
      seconds: Math.round((Date.now() - started) / 100) / 10,
    }
  } finally {
    await Promise.allSettled([source.close(), kafka.close()])
    await rm(folder, { recursive: true, force: true })
  }
}

async function compareTables(
  deps: ReconcileDeps,
  source: SourceSnapshot,
  kafka: KafkaPositions,
  workFile: string,
  captureBehindBytes: number | null,
  deadline: number,
): Promise<TableReport[]> {
  const snapshot = parseSnapshot(source.transactions)
  const visible = visibleSql(snapshot, source.at)
  const bigquery = deps.bigquery && {
    changes: deps.bigquery,
    visible: bigqueryVisible(snapshot, source.at),
  }
  const hasWarehouse = !bigquery && (await stat(deps.warehouse.path).catch(() => undefined)) !== undefined
  return withDatabase({ ...deps.warehouse, path: workFile }, async (db) => {
    const reports: TableReport[] = []
    for (const { name: table } of catalog) {
      const { compared, notCompared } = comparable(await source.columns(table))
      if (compared.length === 0) {
        const absent = { status: 'different' as const, rows: 0, behindBy: null, differingKeys: 0, keys: [] }
        const notes = ['PostgreSQL has no such table']
        reports.push({ table, rows: 0, notCompared, stores: [{ store: 'lake', ...absent, notes }] })
        continue
      }
      const before = await kafka.ends(table)
      const current: CurrentRows[] = []
      for (const store of deps.stores) {
        const letters = () => readDeadLetters(deps.lake)
        current.push(await readCurrent(db, store, table, compared, before, letters, deadline))
      }
      // Taken after those rows were read, so that the lake is waited for until it can tell where each came from.
      const ends = await kafka.ends(table)
      const objects = await awaitLake(deps, table, ends, deadline)
      // Before the warehouse, so that the raw log has every change that the published rows have.
      const published = !bigquery && deps.publishedPath !== undefined
      const attached = published && (await attachPublished(db, deps.publishedPath!))
      const warehouse =
        hasWarehouse &&
        (await attachWarehouse(db, deps.warehouse.path, Date.now() + deps.warehouse.lockWaitMs))
      try {
        reports.push(
          await reconcileTable({
            db,
            source,
            lake: deps.lake,
            table,
            columns: compared,
            notCompared,
            objects,
            ends,
            deadLetters: await readDeadLetters(deps.lake),
            captured: captureBehindBytes === 0,
            visible,
            warehouse,
            published: attached ? 'attached' : published ? 'absent' : undefined,
            exported: await newestExport(deps.lake),
            bigquery,
            tempRoot: deps.tempRoot,
            memoryLimit: deps.warehouse.memoryLimit,
            current,
          }),
        )
      } finally {
        if (warehouse) await detachWarehouse(db)
        if (attached) await detachPublished(db)
      }
    }
    return reports
  })
}
