import { pipelineNames } from '@pipeline/dataflow-templates/catalogue/pipelines.ts'
import { manifest } from '@pipeline/functions/manifest.ts'
import { TOPICS } from '@pipeline/functions/manifest-parts.ts'

/** The topic that a function, its subscription or a pipeline reads from. */
export function topicOf(source: string): string | undefined {
  if (pipelineNames.includes(source)) return TOPICS.changes
  const entry = manifest.find(
    ({ name, trigger }) => name === source || (trigger.kind === 'push' && trigger.subscription === source),
  )
  return entry?.trigger.kind === 'push' ? entry.trigger.topic : undefined
}
