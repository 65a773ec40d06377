import { createHash } from 'node:crypto'
import { pipelineText } from '@pipeline/dataflow-templates/build.ts'
import { templateNamed } from '@pipeline/dataflow-templates/catalogue/check.ts'
import { pipelineNames } from '@pipeline/dataflow-templates/catalogue/pipelines.ts'
import { TOPICS } from '@pipeline/functions/manifest-parts.ts'
import type { Stage } from './stage.ts'

/** Each pipeline as it is launched, and the folder that they lie in: other texts lie in another one. */
export function launchedPipelines(): { folder: string; texts: ReadonlyMap<string, string> } {
  const texts = new Map(pipelineNames.map((name) => [name, pipelineText(name)]))
  const hash = createHash('sha256')
    .update(JSON.stringify([...texts]))
    .digest('hex')
    .slice(0, 16)
  return { folder: `dataflow/${hash}`, texts }
}

/** The subscription that a job of a pipeline reads. */
export const subscriptionOf = (pipeline: string): string => `dataflow-${pipeline}`

/** Where jobs run and as whom, as the launcher wants it. */
export function dataflowEnvironment({
  settings,
  names,
  labels,
}: Pick<Stage, 'settings' | 'names' | 'labels'>) {
  return {
    project: settings.project,
    region: settings.region,
    serviceAccount: names.accountEmail('dataflow'),
    templates: `gs://${names.bucket('code')}/${launchedPipelines().folder}`,
    tempLocation: `gs://${names.bucket('temp')}/dataflow`,
    subnetwork: `regions/${settings.region}/subnetworks/${names.of('pipeline')}`,
    kmsKey: names.key,
    labels: { environment: labels.environment! },
  }
}

/** The jobs that are to run, with the names of this environment filled in where a pipeline has the parameter. */
export function dataflowJobs({ settings, names }: Pick<Stage, 'settings' | 'names'>) {
  const topic = (name: (typeof TOPICS)[keyof typeof TOPICS]) =>
    `projects/${settings.project}/topics/${names.topic(name)}`
  return settings.dataflow.map(({ template, parameters }) => {
    const given: Record<string, string> = {
      subscription: `projects/${settings.project}/subscriptions/${names.of(subscriptionOf(template))}`,
      lake: `gs://${names.bucket('lake')}`,
      alerts_topic: topic(TOPICS.alerts),
      insights_topic: topic(TOPICS.insights),
      dead_letter_topic: topic(TOPICS.deadLetters),
      dataset: `${settings.project}:${names.dataset('raw')}`,
      ...parameters,
    }
    const known = templateNamed(template).parameters
    return {
      template,
      name: names.of(template),
      parameters: Object.fromEntries(
        Object.entries(given).filter(([name]) => name in known || name in parameters),
      ),
    }
  })
}
