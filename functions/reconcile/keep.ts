import { utcDay } from '@pipeline/hospital/change.ts'
import type { Lake } from '../lake/port.ts'
import { type ReconcileReport, worst } from './report.ts'

/** Where reports lie, in the order of their time. */
export const REPORTS = 'reports/reconcile/'

/** The name of a report in the lake: `reports/reconcile/date=YYYYMMDD/<time>.json`. */
export function reportName(at: string): string {
  return `${REPORTS}date=${utcDay(at)}/${at.replaceAll(':', '').replaceAll('-', '')}.json`
}

/** What is kept of a report: states and counts by table, no key. */
export function keptReport({ status, at, lsn, seconds, deadLetters, tables }: ReconcileReport, now: Date) {
  return {
    status,
    at,
    finishedAt: now.toISOString(),
    lsn,
    seconds,
    deadLetters,
    tables: tables.map(({ table, rows, stores }) => ({
      table,
      rows,
      status: worst(stores.map((store) => store.status)),
    })),
  }
}

/** Puts a report into the lake, where run-dbt takes it into the warehouse from. Throws LAKE_UNAVAILABLE. */
export async function keepReport(lake: Lake, report: ReconcileReport, now = new Date()): Promise<string> {
  const name = reportName(now.toISOString())
  const bytes = Buffer.from(JSON.stringify(keptReport(report, now)))
  await lake.create({ name, bytes, contentType: 'application/json' })
  return name
}
