import { PubSub } from '@google-cloud/pubsub'
import { manifest } from '@pipeline/functions/manifest.ts'
import { type PushTrigger, TOPICS } from '@pipeline/functions/manifest-parts.ts'

/** What a stack may have otherwise than the manifest says. */
export type PushOverrides = Partial<
  Pick<PushTrigger, 'ackDeadlineSeconds' | 'minimumBackoffSeconds' | 'maximumBackoffSeconds'>
>

const duration = (seconds: number) => ({
  seconds: Math.floor(seconds),
  nanos: Math.round((seconds % 1) * 1e9),
})

/** Makes every topic and push subscription of the manifest that is not there yet. */
export async function createSubscriptions(
  host: string,
  projectId: string,
  endpoints: Record<string, string>,
  overrides: PushOverrides = {},
): Promise<void> {
  const pubsub = new PubSub({ projectId, apiEndpoint: host, emulatorMode: true })
  try {
    for (const topic of Object.values(TOPICS)) await orExists(pubsub.createTopic(topic))
    for (const entry of manifest) {
      if (entry.trigger.kind !== 'push') continue
      const { topic, subscription, ackDeadlineSeconds, minimumBackoffSeconds, maximumBackoffSeconds } = {
        ...entry.trigger,
        ...overrides,
      }
      const { maxDeliveryAttempts, deadLetterTopic, retentionDays } = entry.trigger
      const path = (name: string): string => `projects/${projectId}/topics/${name}`
      await orExists(
        pubsub.topic(topic).createSubscription(subscription, {
          ackDeadlineSeconds,
          messageRetentionDuration: { seconds: retentionDays * 86_400 },
          retryPolicy: {
            minimumBackoff: duration(minimumBackoffSeconds),
            maximumBackoff: duration(maximumBackoffSeconds),
          },
          ...(deadLetterTopic &&
            maxDeliveryAttempts && {
              deadLetterPolicy: { deadLetterTopic: path(deadLetterTopic), maxDeliveryAttempts },
            }),
          pushConfig: {
            pushEndpoint: endpoints[entry.name]!,
            oidcToken: { serviceAccountEmail: `push@${projectId}.iam.gserviceaccount.com` },
          },
        }),
      )
    }
  } finally {
    await pubsub.close()
  }
}

async function orExists(creation: Promise<unknown>): Promise<void> {
  try {
    await creation
  } catch (error) {
    const ALREADY_EXISTS = 6
    if ((error as { code?: number }).code !== ALREADY_EXISTS) throw error
  }
}
