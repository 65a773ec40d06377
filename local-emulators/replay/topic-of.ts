import { pipelineNames } from '@pipeline/dataflow-templates/catalogue/pipelines.ts'
import { manifest } from '@pipeline/functions/manifest.ts'
import { TOPICS, type Topic } from '@pipeline/functions/manifest-parts.ts'

/** The topic that a function, its subscription or a pipeline reads from; `nameOf`: what a name of the manifest is there. */
export function topicOf(source: string, nameOf = (name: string): string => name): Topic | undefined {
  const is = (name: string): boolean => source === name || source === nameOf(name)
  if (pipelineNames.some(is)) return TOPICS.changes
  const entry = manifest.find(
    ({ name, trigger }) => is(name) || (trigger.kind === 'push' && is(trigger.subscription)),
  )
  return entry?.trigger.kind === 'push' ? entry.trigger.topic : undefined
}
