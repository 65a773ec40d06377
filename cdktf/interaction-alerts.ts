import { BigqueryTable } from '@cdktf/provider-google/lib/bigquery-table/index.js'
import { BigqueryTableIamMember } from '@cdktf/provider-google/lib/bigquery-table-iam-member/index.js'
import { PubsubSubscription } from '@cdktf/provider-google/lib/pubsub-subscription/index.js'
import { PubsubSubscriptionIamMember } from '@cdktf/provider-google/lib/pubsub-subscription-iam-member/index.js'
import { TOPICS } from '@pipeline/functions/manifest-parts.ts'
import type { Resources } from './access.ts'
import type { Stage } from './stage.ts'

const field = (name: string, type: string, description: string) => ({
  name,
  type,
  mode: 'NULLABLE',
  description,
})

/** What a subscription writes when it writes metadata; names and types are Pub/Sub's. */
const FIELDS = [
  field('subscription_name', 'STRING', 'The subscription that wrote the row'),
  field('message_id', 'STRING', 'Id of the message'),
  field('publish_time', 'TIMESTAMP', 'When the pipeline told it; the partition is its UTC day'),
  field(
    'data',
    'JSON',
    'The alert: patient, prescriptions, medicines, ingredients, severity, effect, from, until',
  ),
  field(
    'attributes',
    'JSON',
    'alertId, state, severity, version, at: of an alertId the highest version counts',
  ),
]

/** Alerts go from their topic into BigQuery by themselves, for the care team alone: they name patients. */
export function buildAlerts({ stack, names, labels, protect }: Stage, { topics, datasets }: Resources): void {
  const table = new BigqueryTable(stack, 'interaction-alerts', {
    datasetId: datasets.get('restricted')!.datasetId,
    tableId: 'interaction_alerts',
    description: 'Every word of an alert of the pipeline interaction-alerts; a message may be there twice',
    labels: { layer: 'restricted', ...labels },
    schema: JSON.stringify(FIELDS),
    timePartitioning: { type: 'DAY', field: 'publish_time' },
    encryptionConfiguration: { kmsKeyName: names.key },
    deletionProtection: protect,
    lifecycle: { preventDestroy: protect },
  })
  const rights = ['roles/bigquery.dataEditor', 'roles/bigquery.metadataViewer'].map(
    (role) =>
      new BigqueryTableIamMember(stack, `alerts-${role.split('.')[1]}`, {
        datasetId: table.datasetId,
        tableId: table.tableId,
        role,
        member: names.agent.pubsub,
      }),
  )
  const subscription = new PubsubSubscription(stack, 'alerts-to-bigquery', {
    name: names.of('alerts-to-bigquery'),
    labels,
    topic: topics.get(TOPICS.alerts)!.id,
    ackDeadlineSeconds: 60,
    messageRetentionDuration: `${7 * 86_400}s`,
    expirationPolicy: { ttl: '' },
    retryPolicy: { minimumBackoff: '10s', maximumBackoff: '600s' },
    deadLetterPolicy: { deadLetterTopic: topics.get(TOPICS.deadLetters)!.id, maxDeliveryAttempts: 50 },
    bigqueryConfig: {
      table: `\${${table.fqn}.project}.\${${table.fqn}.dataset_id}.\${${table.fqn}.table_id}`,
      writeMetadata: true,
      dropUnknownFields: false,
    },
    dependsOn: rights,
  })
  new PubsubSubscriptionIamMember(stack, 'give-up-alerts-to-bigquery', {
    subscription: subscription.name,
    role: 'roles/pubsub.subscriber',
    member: names.agent.pubsub,
  })
}
