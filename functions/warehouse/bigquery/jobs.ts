import { setTimeout as sleep } from 'node:timers/promises'
import type { BigQuery, Job, JobMetadata } from '@google-cloud/bigquery'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { codeOf, type GoogleError, isPassing, ours } from './errors.ts'

export interface JobOptions {
  /** How long to wait for one job, ms; it goes on by itself, and the next call finds it by its id. */
  timeoutMs: number
  /** First pause between two looks at a job and between two tries, ms. */
  pauseMs?: number
  now?: () => number
}

/** The values of a statement's parameters; arrays are not empty, since their type comes from their first element. */
export type Parameters = Record<string, string | number | string[]>

export interface FinishedJob {
  id: string
  metadata: JobMetadata
  /** Whether an earlier call had started it. */
  found: boolean
}

/** A job of BigQuery's that ended with an error of its own. */
export class JobFailed extends Error {
  override name = 'JobFailed'
  readonly status: GoogleError

  constructor(status: GoogleError) {
    super('a BigQuery job failed')
    this.status = status
  }
}

/** Ids under which one job is tried in a day; then it has to wait for the next day. */
export const ATTEMPTS = 20
const TRIES = 3

/** Jobs that are started under ids of our own, and looked at until they are done. */
export class Jobs {
  readonly bigquery: BigQuery
  private readonly options: JobOptions

  constructor(bigquery: BigQuery, options: JobOptions) {
    this.bigquery = bigquery
    this.options = options
  }

  now(): number {
    return (this.options.now ?? Date.now)()
  }

  /** The rows of a statement that may be run any number of times. Integers must be cast to STRING in it. */
  async query<T>(action: string, sql: string, params?: Parameters): Promise<T[]> {
    const rows: T[] = []
    for await (const page of this.pages<T>(action, sql, params)) rows.push(...page)
    return rows
  }

  /** The same page by page, with no more than a page in memory. */
  async *pages<T>(action: string, sql: string, params?: Parameters): AsyncGenerator<T[]> {
    const attempt = async () => {
      const [job] = await this.bigquery.createQueryJob({ query: sql, ...(params ? { params } : {}) })
      return this.wait(job.id!)
    }
    const { id } = await this.tryAgain(action, attempt, true)
    yield* this.results<T>(action, id)
  }

  async *results<T>(action: string, id: string): AsyncGenerator<T[]> {
    const job = this.job(id)
    for (let next: object | null | undefined = { maxResults: 10_000, autoPaginate: false }; next; ) {
      try {
        const [rows, more] = await job.getQueryResults(next)
        yield rows as T[]
        next = more as object | null | undefined
      } catch (error) {
        throw ours(error, action, id)
      }
    }
  }

  /**
   * Runs a job exactly once under the first of its ids that has not failed: `idOf(0)`, `idOf(1)`… One that is there
   * already is waited for, and its success counts. Only a failure that may pass makes the next id; any other throws
   * JobFailed.
   */
  async once(
    action: string,
    idOf: (attempt: number) => string,
    start: (jobId: string) => Promise<Job>,
    first = 0,
  ): Promise<FinishedJob & { attempt: number }> {
    for (let attempt = first; attempt < ATTEMPTS; attempt++) {
      const id = idOf(attempt)
      try {
        return { ...(await this.run(action, id, start)), attempt }
      } catch (error) {
        if (!(error instanceof JobFailed) || !isPassing(error.status)) throw error
        await sleep(this.pause(attempt - first))
      }
    }
    throw new PipelineError('WAREHOUSE_UNAVAILABLE', {
      action,
      job: idOf(0),
      reason: 'all attempts of a day failed',
    })
  }

  /**
   * Starts a job, or finds it: BigQuery answers 409 when the id is known, and an answer may get lost after the job was
   * made. So whatever the answer, the job itself tells; only if there is none, the request failed.
   */
  private async run(
    action: string,
    id: string,
    start: (jobId: string) => Promise<Job>,
  ): Promise<FinishedJob> {
    const attempt = async () => {
      try {
        const job = await start(id)
        return await this.wait(job.id ?? id)
      } catch (error) {
        if (error instanceof JobFailed || error instanceof PipelineError) throw error
        const there = await this.wait(id).catch((cause: unknown) => {
          throw codeOf(cause) === 404 ? error : cause
        })
        return { ...there, found: true }
      }
    }
    return this.tryAgain(action, attempt, false)
  }

  /** Waits until a job is done. Throws JobFailed from the job's own errorResult: `errors` alone are warnings. */
  private async wait(id: string): Promise<FinishedJob> {
    const until = this.now() + this.options.timeoutMs
    for (let look = 0; ; look++) {
      const [metadata] = (await this.job(id).getMetadata()) as [JobMetadata, unknown]
      const { state, errorResult, errors } = metadata.status ?? {}
      if (state === 'DONE') {
        if (errorResult) throw new JobFailed({ ...errorResult, errors: errors ?? [] } as GoogleError)
        return { id, metadata, found: false }
      }
      if (this.now() >= until)
        throw new PipelineError('WAREHOUSE_UNAVAILABLE', {
          action: 'wait for a job',
          job: id,
          reason: 'it still runs',
        })
      await sleep(Math.min(this.pause(look), 2_000))
    }
  }

  private job(id: string): Job {
    const { location } = this.bigquery
    return this.bigquery.job(id, location ? { location } : {})
  }

  /** Tries again what may pass. A job that failed is tried again only where `work` makes a new one of it. */
  private async tryAgain<T>(action: string, work: () => Promise<T>, makesNewJob: boolean): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (error instanceof PipelineError) throw error
        const failed = error instanceof JobFailed
        if (failed && !makesNewJob) throw error
        const given = failed ? error.status : ((error ?? {}) as GoogleError)
        if (attempt + 1 >= TRIES || !isPassing(given)) throw ours(given, action)
        await sleep(this.pause(attempt))
      }
    }
  }

  private pause(attempt: number): number {
    const base = (this.options.pauseMs ?? 200) * 2 ** Math.min(attempt, 5)
    return base * (0.5 + Math.random() / 2)
  }
}
