import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Datasets } from './ensure.ts'
import type { Jobs } from './jobs.ts'
import { ledgerTable } from './statements.ts'

const DAY_MS = 86_400_000

/** All ids of a table's load jobs begin so. */
export function loadJobPrefix(table: string): string {
  return `load_${table}__`
}

/**
 * Counts the load jobs of each table in the last 24 hours, and refuses one above the budget with
 * WAREHOUSE_QUOTA_SPENT. What came of earlier processes is read from the ledger once: their loads that were carried
 * out. (jobs.list would tell of the others too, but roles/bigquery.jobUser does not allow it.)
 */
export class LoadBudget {
  private readonly jobs: Jobs
  private readonly datasets: Datasets
  private readonly perDay: number
  private readonly started = new Map<string, number[]>()

  constructor(jobs: Jobs, datasets: Datasets, perDay: number) {
    this.jobs = jobs
    this.datasets = datasets
    this.perDay = perDay
  }

  async spend(table: string): Promise<void> {
    const known = this.started.get(table) ?? (await this.earlier(table))
    const since = this.jobs.now() - DAY_MS
    const times = known.filter((time) => time > since)
    this.started.set(table, times)
    if (times.length >= this.perDay)
      throw new PipelineError('WAREHOUSE_QUOTA_SPENT', {
        table,
        loadsOfADay: times.length,
        budget: this.perDay,
      })
    times.push(this.jobs.now())
  }

  private async earlier(table: string): Promise<number[]> {
    const rows = await this.jobs.query<{ doneMs: string }>(
      'count loads',
      `SELECT CAST(UNIX_MILLIS(MAX(doneAt)) AS STRING) AS doneMs FROM ${ledgerTable(this.datasets)}
       WHERE tableName = @table AND appliedBy IS NOT NULL AND UNIX_MILLIS(doneAt) > CAST(@since AS INT64)
       GROUP BY appliedBy`,
      { table, since: String(this.jobs.now() - DAY_MS) },
    )
    return rows.map(({ doneMs }) => Number(doneMs))
  }
}
