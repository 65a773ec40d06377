import { setTimeout as sleep } from 'node:timers/promises'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { templateNamed } from '../catalogue/check.ts'
import type { Dataflow, DataflowJob } from './client.ts'
import type { Environment } from './environment.ts'
import { dataflowError, isPassing, isThereAlready } from './errors.ts'
import { checkedName, jobName, launchRequest } from './request.ts'

export interface JobState {
  id: string
  name: string
  state: string
  since: string | null
}

export interface LaunchOptions {
  name?: string | undefined
  parameters: Readonly<Record<string, string>>
}

export interface Launcher {
  /** Checks, and launches unless a job of that name runs: then JOB_EXISTS. */
  launch(template: string, options: LaunchOptions): Promise<JobState>
  /** Puts a new version in the place of the streaming job of that name, which keeps its state. JOB_UNKNOWN without one. */
  update(template: string, options: LaunchOptions): Promise<JobState>
  /** Jobs that have not ended. */
  list(): Promise<JobState[]>
  /** Ends a job by name; a drained one finishes what it has read, and its windows are told as they stand. */
  drain(name: string): Promise<JobState>
  cancel(name: string): Promise<JobState>
}

export interface LauncherDeps {
  dataflow: Dataflow
  environment: Environment
  attempts?: number
  /** Milliseconds before the second attempt; it doubles. */
  firstWaitMs?: number
}

function stateOf(job: DataflowJob): JobState {
  const seconds = job.createTime?.seconds
  return {
    id: job.id ?? '',
    name: job.name ?? '',
    state: String(job.currentState ?? 'JOB_STATE_UNKNOWN')
      .replace('JOB_STATE_', '')
      .toLowerCase(),
    since: seconds === undefined || seconds === null ? null : new Date(Number(seconds) * 1000).toISOString(),
  }
}

/** Launches, lists and ends jobs. All errors are PipelineErrors; what may pass is tried again, a launch never blindly. */
export function createLauncher({
  dataflow,
  environment,
  attempts = 4,
  firstWaitMs = 1000,
}: LauncherDeps): Launcher {
  async function trying<T>(
    action: string,
    work: (attempt: number) => Promise<T>,
    names?: readonly string[],
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work(attempt)
      } catch (error) {
        if (!isPassing(error) || attempt === attempts) throw dataflowError(error, action, names)
        await sleep(firstWaitMs * 2 ** (attempt - 1))
      }
    }
  }

  const active = (name?: string) => trying('list', () => dataflow.active(environment, name))

  async function only(name: string): Promise<DataflowJob & { id: string }> {
    const [job] = await active(name)
    if (!job?.id) throw new PipelineError('JOB_UNKNOWN', { job: name })
    return job as DataflowJob & { id: string }
  }

  async function end(name: string, action: 'drain' | 'cancel'): Promise<JobState> {
    const { id } = await only(checkedName(name))
    const state = action === 'drain' ? 'JOB_STATE_DRAINED' : 'JOB_STATE_CANCELLED'
    return stateOf(await trying(action, () => dataflow.request(environment, id, state)))
  }

  return {
    async launch(template, options) {
      const job = { template: templateNamed(template), ...options }
      const request = launchRequest(job, environment)
      const name = jobName(job)
      const exists = (id: string | null | undefined) =>
        new PipelineError('JOB_EXISTS', { job: name, id: id ?? 'not known' })
      const [running] = await active(name)
      if (running) throw exists(running.id)
      const sent = Object.keys(options.parameters)
      const launched = await trying(
        'launch',
        async (attempt) => {
          // The answer to an earlier attempt may have been lost, and the job be there.
          const [there] = attempt === 1 ? [] : await dataflow.active(environment, name)
          if (there) return there
          try {
            return await dataflow.launch(request)
          } catch (error) {
            if (!isThereAlready(error)) throw error
            const [other] = await active(name)
            if (attempt > 1 && other) return other
            throw exists(other?.id)
          }
        },
        sent,
      )
      return stateOf(launched)
    },
    async update(template, options) {
      const job = { template: templateNamed(template), ...options }
      const request = launchRequest(job, environment, { update: true })
      const { id } = await only(jobName(job))
      const launched = await trying(
        'update',
        async (attempt) => {
          const [there] = attempt === 1 ? [] : await dataflow.active(environment, jobName(job))
          return there && there.id !== id ? there : dataflow.launch(request)
        },
        Object.keys(options.parameters),
      )
      return stateOf(launched)
    },
    list: async () => (await active()).map(stateOf),
    drain: (name) => end(name, 'drain'),
    cancel: (name) => end(name, 'cancel'),
  }
}
