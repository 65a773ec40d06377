import type { protos } from '@google-cloud/dataflow'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { checkParameters } from '../catalogue/check.ts'
import type { Template } from '../catalogue/template.ts'
import type { Environment } from './environment.ts'

export type LaunchRequest = protos.google.dataflow.v1beta3.ILaunchFlexTemplateRequest

const JOB_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/

export interface Job {
  template: Template
  /** The template's own name unless given. */
  name?: string | undefined
  parameters: Readonly<Record<string, string>>
}

/** A name that Dataflow takes. Throws JOB_INVALID for another. */
export function checkedName(name: string): string {
  if (!JOB_NAME.test(name))
    throw new PipelineError('JOB_INVALID', {
      name: 'must be a-z, 0-9 and -, at most 63, beginning with a letter',
    })
  return name
}

/** The name of a job, or its template's. Throws JOB_INVALID for one that Dataflow does not take. */
export function jobName({ template, name }: Pick<Job, 'template' | 'name'>): string {
  return checkedName(name ?? template.name.replace('/', '-'))
}

/** What a template is launched with: one of ours gets its file and Jinja's variables, Google's its own parameters. */
function parametersOf({ template, parameters }: Job, environment: Environment): Record<string, string> {
  const values = checkParameters(template, parameters)
  if (template.by === 'ours') {
    return {
      yaml_pipeline_file: `${environment.templates}/${template.name}.yaml`,
      jinja_variables: JSON.stringify(values),
    }
  }
  const given = Object.entries(values).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([name, value]) => [name, String(value)]))
}

/** A job runs on a stream when its template does, and for one of ours when it has something to follow. */
export function isStreaming({ template, parameters }: Job): boolean {
  return template.streaming && (template.by === 'google' || parameters.subscription !== undefined)
}

/** The whole request, checked. Throws JOB_INVALID. `update` takes the place of the running job of that name. */
export function launchRequest(job: Job, environment: Environment, { update = false } = {}): LaunchRequest {
  const streaming = isStreaming(job)
  if (update && !streaming)
    throw new PipelineError('JOB_INVALID', {
      job: 'is no streaming job, and only these are updated in place',
    })
  return {
    projectId: environment.project,
    location: environment.region,
    launchParameter: {
      jobName: jobName(job),
      containerSpecGcsPath: `gs://dataflow-templates-${environment.region}/latest/${job.template.spec}`,
      parameters: parametersOf(job, environment),
      update,
      environment: {
        numWorkers: environment.workers,
        maxWorkers: environment.maxWorkers,
        machineType: environment.machineType,
        serviceAccountEmail: environment.serviceAccount,
        tempLocation: environment.tempLocation,
        ...(environment.network ? { network: environment.network } : {}),
        ...(environment.subnetwork ? { subnetwork: environment.subnetwork } : {}),
        ...(environment.kmsKey ? { kmsKeyName: environment.kmsKey } : {}),
        ipConfiguration: 'WORKER_IP_PRIVATE',
        enableStreamingEngine: streaming && environment.streamingEngine,
        additionalUserLabels: {
          ...environment.labels,
          pipeline: 'hospital',
          template: job.template.name.replace('/', '-'),
        },
      },
    },
  }
}
