import { PipelineError } from '@pipeline/hospital/errors.ts'
import { ours } from './errors.ts'
import type { Jobs } from './jobs.ts'

const DAY_MS = 86_400_000
const PREFIX = 'load_'

/** All ids of a table's load jobs begin so. */
export function loadJobPrefix(table: string): string {
  return `${PREFIX}${table}__`
}

/**
 * Counts the load jobs of each table in the last 24 hours, and refuses one above the budget with
 * WAREHOUSE_QUOTA_SPENT. What was started before this process is asked of BigQuery once.
 */
export class LoadBudget {
  private readonly jobs: Jobs
  private readonly perDay: number
  private readonly started = new Map<string, number[]>()
  private asked: Promise<void> | undefined

  constructor(jobs: Jobs, perDay: number) {
    this.jobs = jobs
    this.perDay = perDay
  }

  async spend(table: string): Promise<void> {
    this.asked ??= this.ask().catch((error: unknown) => {
      this.asked = undefined
      throw ours(error, 'list jobs')
    })
    await this.asked
    const since = this.jobs.now() - DAY_MS
    const times = (this.started.get(table) ?? []).filter((time) => time > since)
    if (times.length >= this.perDay)
      throw new PipelineError('WAREHOUSE_QUOTA_SPENT', {
        table,
        loadJobsOfADay: times.length,
        budget: this.perDay,
      })
    times.push(this.jobs.now())
    this.started.set(table, times)
  }

  private async ask(): Promise<void> {
    const since = this.jobs.now() - DAY_MS
    const query = { minCreationTime: String(since), autoPaginate: false, maxResults: 1000 }
    for (let next: object | null = query; next; ) {
      const [jobs, more] = (await this.jobs.bigquery.getJobs(next)) as unknown as [JobOfList[], object | null]
      for (const { id, metadata } of jobs) {
        const table = id?.startsWith(PREFIX) ? id.slice(PREFIX.length).split('__', 1)[0]! : undefined
        if (table === undefined) continue
        const time = Number(metadata?.statistics?.creationTime ?? this.jobs.now())
        if (time > since) this.started.set(table, [...(this.started.get(table) ?? []), time])
      }
      next = more
    }
  }
}

interface JobOfList {
  id?: string
  metadata?: { statistics?: { creationTime?: string } }
}
