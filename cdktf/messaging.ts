import { PubsubSubscription } from '@cdktf/provider-google/lib/pubsub-subscription/index.js'
import { PubsubSubscriptionIamMember } from '@cdktf/provider-google/lib/pubsub-subscription-iam-member/index.js'
import { PubsubTopic } from '@cdktf/provider-google/lib/pubsub-topic/index.js'
import { PubsubTopicIamMember } from '@cdktf/provider-google/lib/pubsub-topic-iam-member/index.js'
import { type FunctionEntry, TOPICS, type Topic } from '@pipeline/functions/manifest-parts.ts'
import type { Stage } from './stage.ts'

const days = (count: number): string => `${count * 86_400}s`

/** Topics of the pipeline, kept in its region. A message can be read once more for as long as a topic keeps it. */
export function buildTopics({ stack, settings, names, labels, protect }: Stage) {
  return new Map<Topic, PubsubTopic>(
    Object.values(TOPICS).map((topic) => [
      topic,
      new PubsubTopic(stack, `topic-${topic}`, {
        name: names.topic(topic),
        labels,
        kmsKeyName: names.key,
        messageRetentionDuration: days(topic === TOPICS.deadLetters ? 31 : 7),
        messageStoragePolicy: { allowedPersistenceRegions: [settings.region] },
        lifecycle: { preventDestroy: protect },
      }),
    ]),
  )
}

/** The push subscription of a function, with the rights that Pub/Sub itself needs to give a message up. */
export function buildPush(
  { stack, names, labels }: Stage,
  { name, trigger }: FunctionEntry,
  topics: ReadonlyMap<Topic, PubsubTopic>,
  target: { uri: string; pushAccount: string; mayInvoke: PubsubSubscription['dependsOn'] },
): void {
  if (trigger.kind !== 'push') return
  const deadLetterTopic = trigger.deadLetterTopic && topics.get(trigger.deadLetterTopic)!
  const subscription = new PubsubSubscription(stack, `push-${name}`, {
    name: names.of(trigger.subscription),
    labels: { ...labels, function: name },
    topic: topics.get(trigger.topic)!.id,
    ackDeadlineSeconds: trigger.ackDeadlineSeconds,
    messageRetentionDuration: days(trigger.retentionDays),
    expirationPolicy: { ttl: '' },
    retryPolicy: {
      minimumBackoff: `${trigger.minimumBackoffSeconds}s`,
      maximumBackoff: `${trigger.maximumBackoffSeconds}s`,
    },
    pushConfig: {
      pushEndpoint: target.uri,
      oidcToken: { serviceAccountEmail: target.pushAccount, audience: target.uri },
    },
    ...(deadLetterTopic
      ? {
          deadLetterPolicy: {
            deadLetterTopic: deadLetterTopic.id,
            maxDeliveryAttempts: trigger.maxDeliveryAttempts!,
          },
        }
      : {}),
    ...(target.mayInvoke ? { dependsOn: target.mayInvoke as never } : {}),
  })
  if (!deadLetterTopic) return
  new PubsubSubscriptionIamMember(stack, `give-up-${name}`, {
    subscription: subscription.name,
    role: 'roles/pubsub.subscriber',
    member: names.agent.pubsub,
  })
}

/** Pub/Sub forwards what it gives up to the topics that subscriptions name. */
export function letPubsubForward(
  { stack, names }: Stage,
  entries: readonly FunctionEntry[],
  topics: ReadonlyMap<Topic, PubsubTopic>,
): void {
  const used = new Set(
    entries.flatMap(({ trigger }) => (trigger.kind === 'push' ? [trigger.deadLetterTopic] : [])),
  )
  for (const topic of used) {
    if (topic === null) continue
    new PubsubTopicIamMember(stack, `forward-${topic}`, {
      topic: topics.get(topic)!.name,
      role: 'roles/pubsub.publisher',
      member: names.agent.pubsub,
    })
  }
}
