import { applyMask, type MaskRules } from './field-mask.ts'
import { checkLabels, parseName } from './names.ts'
import { type Topic, v1 } from './protos.ts'
import { checkRange, unimplemented } from './status.ts'
import { day, fromMs, minute, toMs } from './time.ts'

const rules: MaskRules = {
  request: 'UpdateTopicRequest',
  resource: 'Topic',
  known: v1.Topic.prototype,
  mutable: new Set([
    'labels',
    'messageStoragePolicy',
    'kmsKeyName',
    'schemaSettings',
    'messageRetentionDuration',
    'ingestionDataSourceSettings',
    'messageTransforms',
  ]),
}

/** Refuses a retention outside 10 minutes to 31 days. */
export function checkRetention(ms: number): void {
  checkRange('message_retention_duration', ms / 1000, (10 * minute) / 1000, (31 * day) / 1000)
}

/** A topic as the server keeps it, from what a client sent. */
export function checkedTopic(topic: Topic): Topic {
  parseName('topics', topic.name)
  checkLabels(topic.labels)
  if (topic.schemaSettings) throw unimplemented('schema_settings')
  if (topic.ingestionDataSourceSettings) throw unimplemented('ingestion_data_source_settings')
  if (topic.messageTransforms?.length) throw unimplemented('message_transforms')
  const retention = toMs(topic.messageRetentionDuration)
  if (retention !== undefined) checkRetention(retention)
  return {
    name: topic.name!,
    labels: { ...topic.labels },
    messageStoragePolicy: topic.messageStoragePolicy ?? null,
    kmsKeyName: topic.kmsKeyName ?? '',
    messageRetentionDuration: retention === undefined ? null : fromMs(retention),
    state: v1.Topic.State.ACTIVE,
  }
}

/** The topic after an update. */
export function updatedTopic(
  current: Topic,
  patch: Topic,
  paths: readonly string[] | null | undefined,
): Topic {
  return checkedTopic(applyMask(rules, current, patch, paths))
}
