import { dataflowEnvironment, dataflowJobs } from '@pipeline/cdktf/dataflow-settings.ts'
import { readEnvironment as readCloud } from '@pipeline/cdktf/settings.ts'
import { detachedStage } from '@pipeline/cdktf/stage.ts'
import { templateNamed, templates } from '@pipeline/dataflow-templates/catalogue/check.ts'
import { openDataflow } from '@pipeline/dataflow-templates/launcher/client.ts'
import { readEnvironment } from '@pipeline/dataflow-templates/launcher/environment.ts'
import { createLauncher, type JobState } from '@pipeline/dataflow-templates/launcher/launcher.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { runHere } from '../dataflow/run-here.ts'
import { statePaths } from '../paths.ts'
import { install } from '../setup/install.ts'
import { runningStack } from '../stack-file.ts'
import { plainTable } from '../table.ts'

export type DataflowAction = 'launch' | 'update' | 'list' | 'drain' | 'cancel' | 'templates' | 'run'

export interface DataflowOptions {
  set: readonly string[]
  name?: string
  /** Settings of a cdktf environment. */
  environment?: string
  via: 'grpc' | 'rest'
}

/** `name=value` pairs. Throws JOB_INVALID for another text. */
export function readSets(pairs: readonly string[]): Record<string, string> {
  const parameters: Record<string, string> = {}
  for (const pair of pairs) {
    const at = pair.indexOf('=')
    if (at < 1) throw new PipelineError('JOB_INVALID', { set: 'must be name=value' })
    parameters[pair.slice(0, at)] = pair.slice(at + 1)
  }
  return parameters
}

function needed(value: string | undefined, what: string): string {
  if (value === undefined) throw new PipelineError('JOB_INVALID', { missing: what })
  return value
}

function showTemplates(): void {
  for (const { name, description, parameters } of templates) {
    console.log(`${name}: ${description}`)
    const shown = Object.entries(parameters).map(([parameter, schema]) =>
      schema.safeParse(undefined).success ? `[${parameter}]` : parameter,
    )
    console.log(`  ${shown.join(' ')}`)
  }
}

function showJobs(jobs: readonly JobState[]): void {
  const table = plainTable(['job', 'state', 'since', 'id'])
  for (const { name, state, since, id } of jobs) table.push([name, state, since ?? '-', id])
  console.log(jobs.length === 0 ? 'No job runs.' : table.toString())
}

/** Parameters of a template by the names of an environment; those that were given win. */
function withDefaults(file: string, template: string, given: Record<string, string>): Record<string, string> {
  const settings = { ...readCloud(file), dataflow: [{ template, parameters: given }] }
  return templateNamed(template).by === 'ours' && given.history === undefined
    ? dataflowJobs(detachedStage(settings))[0]!.parameters
    : given
}

/** `npm run dataflow -- <action> [template or job]`. */
export async function dataflowCommand(
  action: DataflowAction,
  what: string | undefined,
  options: DataflowOptions,
): Promise<void> {
  const parameters = readSets(options.set)
  if (action === 'templates') return showTemplates()
  if (action === 'run') {
    const stack = await runningStack(statePaths())
    await install({ beam: true })
    return runHere(stack, needed(what, 'a template'), parameters)
  }
  const file = needed(options.environment, '--environment, the settings of a cdktf environment')
  const environment = readEnvironment(dataflowEnvironment(detachedStage(readCloud(file))))
  const dataflow = openDataflow({ via: options.via })
  const launcher = createLauncher({ dataflow, environment })
  try {
    if (action === 'list') return showJobs(await launcher.list())
    if (action === 'drain' || action === 'cancel') {
      return showJobs([await launcher[action](needed(what, 'the name of a job'))])
    }
    const template = needed(what, 'a template')
    const job = { name: options.name, parameters: withDefaults(file, template, parameters) }
    showJobs([await launcher[action](template, job)])
  } finally {
    await dataflow.close()
  }
}
