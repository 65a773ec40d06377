import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Log } from '../log.ts'
import type { ChunkLimits } from './chunks.ts'
import { type EncoderOptions, withEncoder } from './encode.ts'
import { finish } from './finish.ts'
import { recordName } from './names.ts'
import { WorkQueue } from './queue.ts'
import type { ExportRecord } from './record.ts'
import type { ExportSnapshot } from './snapshot.ts'
import { type ExportStore, readRecord } from './store.ts'
import { exportTable, type TableOutcome } from './table.ts'

export interface ExportDeps {
  openSnapshot: (tables: readonly string[]) => Promise<ExportSnapshot>
  store: ExportStore
  encoder: EncoderOptions
  limits: ChunkLimits
  tempRoot: string
  /** Names of catalog tables, parents first. */
  tables: readonly string[]
  /** Ms since the epoch: the export stops by then and the next call goes on. */
  deadline: number
  log: Log
  now?: () => number
  /** Called after each part, for tests of crashes. */
  at?: () => void | Promise<void>
}

export interface ExportReport {
  /** UTC, YYYYMMDD. */
  day: string
  id: string
  /** False where the day had its export already. */
  made: boolean
  lsn: string
  snapshotAt: string
  rows: number
  refusedRows: number
  tables: Record<string, TableSummary>
  missing: string[]
}

export interface TableSummary {
  rows: number
  refusedRows: number
  parts: number
  kept?: number
  seconds?: number
}

/** Chunks under way or waiting, beside the one that is filled. */
const WAITING = 1
const MAX_TIMER_MS = 2 ** 31 - 1

function dayOf(iso: string): string {
  return iso.slice(0, 10).replaceAll('-', '')
}

function reportOf(record: ExportRecord, outcomes?: readonly TableOutcome[]): ExportReport {
  const { day, id, snapshot, tables, missing } = record
  const summaries = tables.map(({ table, rows, refusedRows, parts }) => {
    const outcome = outcomes?.find((each) => each.table === table)
    const work = outcome && { kept: outcome.kept, seconds: outcome.seconds }
    return [table, { rows, refusedRows, parts: parts.length, ...work }] as const
  })
  const sum = (field: 'rows' | 'refusedRows') => tables.reduce((total, each) => total + each[field], 0)
  return {
    ...{ day, id, made: outcomes !== undefined, lsn: snapshot.lsn, snapshotAt: snapshot.at },
    ...{ rows: sum('rows'), refusedRows: sum('refusedRows'), tables: Object.fromEntries(summaries), missing },
  }
}

async function make(deps: ExportDeps, snapshot: ExportSnapshot, day: string): Promise<TableOutcome[]> {
  const now = deps.now ?? Date.now
  const outOfTime = () => new PipelineError('EXPORT_UNFINISHED', { day })
  const late = (): boolean => now() >= deps.deadline
  const timer = setTimeout(() => snapshot.abort(), Math.min(MAX_TIMER_MS, Math.max(0, deps.deadline - now())))
  try {
    return await withEncoder(deps.encoder, async (encoder) => {
      const outcomes: Promise<TableOutcome>[] = []
      const checkpoint = async (): Promise<void> => {
        await deps.at?.()
        if (late()) throw outOfTime()
      }
      const { store, limits, tempRoot } = deps
      const work = { snapshot, store, encoder, limits, tempRoot, checkpoint, queue: new WorkQueue(WAITING) }
      try {
        for (const table of deps.tables.filter((each) => !snapshot.missing.includes(each))) {
          const { outcome } = await exportTable(work, table, day)
          outcomes.push(outcome)
        }
        return await Promise.all(outcomes)
      } finally {
        await Promise.allSettled(outcomes)
      }
    })
  } catch (error) {
    throw late() ? outOfTime() : error
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Exports all tables as they were at one moment, once a UTC day; with `again` a day's export is replaced. An export
 * that was begun and not finished is taken up with a new snapshot, of which every row then is. Throws EXPORT_UNFINISHED
 * at the deadline, EXPORT_RUNNING, and what PostgreSQL and the lake do; what is in the lake then is no export yet.
 */
export async function exportAll(deps: ExportDeps, again = false): Promise<ExportReport> {
  const { store, log } = deps
  const snapshot = await deps.openSnapshot(deps.tables)
  try {
    const { lsn, at, transactions, missing } = snapshot
    const day = dayOf(at)
    const before = await readRecord(store, day)
    if (before) await finish(store, before)
    if (before && !again) return reportOf(before)
    const outcomes = await make(deps, snapshot, day)
    const record: ExportRecord = {
      version: 1,
      id: `${at.replace(/[-:]/g, '').replace(/\.\d+/, '')}-${transactions.split(':')[1]}`,
      day,
      snapshot: { lsn, at, transactions },
      finishedAt: new Date().toISOString(),
      tables: outcomes.map(({ kept: _kept, read: _read, seconds: _seconds, ...table }) => table),
      missing,
    }
    await store.put(recordName(day), Buffer.from(`${JSON.stringify(record, null, 2)}\n`), 'application/json')
    await finish(store, record)
    const report = reportOf(record, outcomes)
    log.info({ day, id: record.id, lsn, rows: report.rows, refusedRows: report.refusedRows }, 'exported')
    return report
  } finally {
    await snapshot.close()
  }
}
