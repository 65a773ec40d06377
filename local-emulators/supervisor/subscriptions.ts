import { PubSub } from '@google-cloud/pubsub'
import { manifest } from '@pipeline/functions/manifest.ts'
import { TOPICS } from '@pipeline/functions/manifest-parts.ts'

/** Makes every topic and push subscription of the manifest that is not there yet. */
export async function createSubscriptions(
  host: string,
  projectId: string,
  endpoints: Record<string, string>,
): Promise<void> {
  const pubsub = new PubSub({ projectId, apiEndpoint: host, emulatorMode: true })
  try {
    for (const topic of Object.values(TOPICS)) await orExists(pubsub.createTopic(topic))
    for (const entry of manifest) {
      if (entry.trigger.kind !== 'push') continue
      const { topic, subscription, ackDeadlineSeconds, minimumBackoffSeconds, maximumBackoffSeconds } =
        entry.trigger
      const { maxDeliveryAttempts, deadLetterTopic, retentionDays } = entry.trigger
      const path = (name: string): string => `projects/${projectId}/topics/${name}`
      await orExists(
        pubsub.topic(topic).createSubscription(subscription, {
          ackDeadlineSeconds,
          messageRetentionDuration: { seconds: retentionDays * 86_400 },
          retryPolicy: {
            minimumBackoff: { seconds: minimumBackoffSeconds },
            maximumBackoff: { seconds: maximumBackoffSeconds },
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
