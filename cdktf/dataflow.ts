import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js'
import { PubsubSubscription } from '@cdktf/provider-google/lib/pubsub-subscription/index.js'
import { PubsubSubscriptionIamMember } from '@cdktf/provider-google/lib/pubsub-subscription-iam-member/index.js'
import { StorageBucketIamMember } from '@cdktf/provider-google/lib/storage-bucket-iam-member/index.js'
import { StorageBucketObject } from '@cdktf/provider-google/lib/storage-bucket-object/index.js'
import { templateNamed } from '@pipeline/dataflow-templates/catalogue/check.ts'
import { tablesOf } from '@pipeline/dataflow-templates/catalogue/tables.ts'
import { type Access, DATASETS, TOPICS } from '@pipeline/functions/manifest-parts.ts'
import { grant, type Resources } from './access.ts'
import { launchedPipelines, subscriptionOf } from './dataflow-settings.ts'
import type { Stage } from './stage.ts'

const WEEK = `${7 * 86_400}s`

/** Terraform reads `${` and `%{` in a text as its own. */
const literally = (text: string): string => text.replace(/[$%](?=\{)/g, (sign) => sign + sign)

/**
 * What Dataflow jobs need: their texts, an account for their workers, and for each job that is to run a subscription
 * of its own, of the tables that it reads. Jobs themselves are launched by launch-dataflow.
 */
export function buildDataflow(stage: Stage, resources: Resources): void {
  const { stack, settings, names, labels } = stage
  const { folder, texts } = launchedPipelines()
  for (const [name, text] of texts) {
    new StorageBucketObject(stack, `pipeline-${name}`, {
      bucket: resources.buckets.code.name,
      name: `${folder}/${name}.yaml`,
      content: literally(text),
      contentType: 'application/yaml',
    })
  }
  const member = `serviceAccount:${names.accountEmail('dataflow')}`
  new ProjectIamMember(stack, 'dataflow-works', {
    project: settings.project,
    role: 'roles/dataflow.worker',
    member,
  })
  const rights: Access[] = [
    { kind: 'bucket', bucket: 'lake', role: 'roles/storage.objectUser' },
    { kind: 'topic', topic: TOPICS.alerts, role: 'roles/pubsub.publisher' },
    { kind: 'topic', topic: TOPICS.insights, role: 'roles/pubsub.publisher' },
    { kind: 'topic', topic: TOPICS.deadLetters, role: 'roles/pubsub.publisher' },
    { kind: 'dataset', dataset: DATASETS.raw, role: 'roles/bigquery.dataEditor' },
  ]
  for (const access of rights) grant(stage, 'dataflow', access, resources)
  for (const [bucket, role] of [
    ['code', 'roles/storage.objectViewer'],
    ['temp', 'roles/storage.objectUser'],
  ] as const) {
    new StorageBucketIamMember(stack, `dataflow-${bucket}`, {
      bucket: resources.buckets[bucket].name,
      role,
      member,
    })
  }
  for (const { template, parameters } of settings.dataflow) {
    const tables = tablesOf(templateNamed(template), parameters)
    // Without back-off and dead-letter topic, which Dataflow does not support (Pub/Sub's page on failures). Jobs send
    // what they can't read to dead letters themselves.
    const subscription = new PubsubSubscription(stack, `dataflow-${template}`, {
      name: names.of(subscriptionOf(template)),
      labels: { ...labels, job: template },
      topic: resources.topics.get(TOPICS.changes)!.id,
      // Of the other tables nothing is delivered, and nothing paid but the topic's own traffic.
      ...(tables ? { filter: tables.map((table) => `attributes.table = "${table}"`).join(' OR ') } : {}),
      ackDeadlineSeconds: 600,
      messageRetentionDuration: WEEK,
      expirationPolicy: { ttl: '' },
    })
    // Beside reading, jobs look at the subscription itself.
    for (const role of ['roles/pubsub.subscriber', 'roles/pubsub.viewer']) {
      new PubsubSubscriptionIamMember(stack, `dataflow-${template}-${role.split('.')[1]}`, {
        subscription: subscription.name,
        role,
        member,
      })
    }
  }
}
