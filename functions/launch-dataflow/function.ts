import type { HttpFunction } from '@google-cloud/functions-framework'
import type { JobState, Launcher } from '@pipeline/dataflow-templates/launcher/launcher.ts'
import { PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'
import { bodyOf, postFunction, sendError } from '../http.ts'
import type { Log } from '../log.ts'

const job = z.strictObject({
  template: z.string().min(1),
  name: z.string().min(1).optional(),
  parameters: z.record(z.string(), z.string()).default({}),
})
const jobsSchema = z.array(job)
const EXPECTED = '{} or {"template": "...", "name"?: "...", "parameters"?: {"...": "text"}}'

export type WantedJob = z.output<typeof job>

export interface LaunchDeps {
  /** Undefined where no environment is set, as in the local stack. */
  launcher: Launcher | undefined
  jobs: readonly WantedJob[]
  log: Log
}

type Outcome =
  | { template: string; outcome: 'launched'; job: JobState }
  | { template: string; outcome: 'running' }
  | ({ template: string; outcome: 'failed' } & ReturnType<typeof safeError>)

/** Reads the setting DATAFLOW_JOBS. Throws SETTING_INVALID. */
export function readJobs(value: unknown): WantedJob[] {
  const result = jobsSchema.safeParse(value)
  if (result.success) return result.data
  const where = [...new Set(result.error.issues.map(({ path }) => path.join('.')))].join(', ')
  throw new PipelineError('SETTING_INVALID', { settings: `DATAFLOW_JOBS is wrong at ${where || 'its top'}` })
}

function readRequest(body: Buffer | undefined): WantedJob | undefined {
  let value: unknown
  try {
    value = JSON.parse(body?.toString() || '{}')
  } catch {
    throw new PipelineError('REQUEST_INVALID', { expected: EXPECTED })
  }
  if (z.strictObject({}).safeParse(value).success) return undefined
  const result = job.safeParse(value)
  if (!result.success) throw new PipelineError('REQUEST_INVALID', { expected: EXPECTED })
  return result.data
}

/**
 * POST `{}` sees to it that each job of the settings runs; POST of a job launches that one. 200: each was launched or
 * runs already. 400: a parameter is wrong. 409: the one that was asked for runs already. 500: a person must look.
 * 503: try again.
 */
export function launchFunction({ launcher, jobs, log }: LaunchDeps): HttpFunction {
  async function launchOne({ template, name, parameters }: WantedJob): Promise<Outcome> {
    try {
      if (!launcher)
        throw new PipelineError('SETTING_INVALID', { settings: 'DATAFLOW_ENVIRONMENT is missing' })
      const launched = await launcher.launch(template, { name, parameters })
      log.info({ template, job: launched.id }, 'job is launched')
      return { template, outcome: 'launched', job: launched }
    } catch (error) {
      if (error instanceof PipelineError && error.code === 'JOB_EXISTS')
        return { template, outcome: 'running' }
      log.error({ template, error: safeError(error) }, 'job is not launched')
      return { template, outcome: 'failed', ...safeError(error) }
    }
  }

  return postFunction(async (request, response) => {
    let asked: WantedJob | undefined
    try {
      asked = readRequest(bodyOf(request))
    } catch (error) {
      sendError(response, 400, error)
      return
    }
    const outcomes: Outcome[] = []
    for (const wanted of asked ? [asked] : jobs) outcomes.push(await launchOne(wanted))
    response.status(statusOf(outcomes, asked !== undefined)).json({ jobs: outcomes })
  })
}

function statusOf(outcomes: readonly Outcome[], asked: boolean): number {
  const codes = outcomes.flatMap((each) => (each.outcome === 'failed' ? [each.code] : []))
  if (codes.includes('JOB_INVALID') && asked) return 400
  if (codes.some((code) => code !== 'DATAFLOW_UNAVAILABLE')) return 500
  if (codes.length > 0) return 503
  return asked && outcomes.some(({ outcome }) => outcome === 'running') ? 409 : 200
}
