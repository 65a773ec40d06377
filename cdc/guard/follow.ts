import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'

/**
 * Reads a topic from its beginning in a group of its own; an offset is committed after `work` is done with its batch.
 * Resolves once the group is joined. `onFatal` is called when reading ended for good.
 */
export async function follow(
  kafka: Kafka,
  topic: string,
  groupId: string,
  work: (payload: EachBatchPayload) => Promise<void>,
  onFatal: (error: Error) => void,
): Promise<Consumer> {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 10_000 })
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) onFatal(payload.error)
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()))
  await consumer.run({ eachBatch: work })
  await joined
  return consumer
}
