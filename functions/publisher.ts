import { PubSub } from '@google-cloud/pubsub'
import { PipelineError, safeError } from '@pipeline/hospital/errors.ts'

export interface OutgoingMessage {
  data: Uint8Array
  attributes: Record<string, string>
}

/** A topic to publish to. Throws PipelineError PUBSUB_UNAVAILABLE when the message was not taken. */
export interface Publisher {
  publish(message: OutgoingMessage): Promise<void>
}

const TIMEOUT_MS = 20_000

/** A Pub/Sub topic, one message a request. The client finds PUBSUB_EMULATOR_HOST by itself. */
export function pubsubPublisher(projectId: string, topicName: string): Publisher {
  const topic = new PubSub({ projectId }).topic(topicName, {
    batching: { maxMessages: 1 },
    gaxOpts: { timeout: TIMEOUT_MS },
  })
  return {
    async publish({ data, attributes }) {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error('late')), TIMEOUT_MS + 1000)
      })
      try {
        const sent = topic.publishMessage({ data: Buffer.from(data), attributes })
        await Promise.race([sent, late])
      } catch (error) {
        throw new PipelineError('PUBSUB_UNAVAILABLE', { topic: topicName, status: safeError(error).code })
      } finally {
        clearTimeout(timer)
      }
    },
  }
}
