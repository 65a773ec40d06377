import { createKafka } from '@pipeline/cdc/relay/kafka.ts'
import { presentEventTopics } from '@pipeline/cdc/topics.ts'
import { pino } from 'pino'
import type { StackFile } from '../stack-file.ts'
import { EVENTS_GROUP } from '../supervisor/describe.ts'

interface PubSubStats {
  subscriptions: Record<string, { backlog: number; outstanding: number }>
}

/** Messages of events that Pub/Sub holds: on their way, or waiting for a parent. */
async function inPubSub(stack: StackFile): Promise<number> {
  const response = await fetch(`${stack.pubsubHttpUrl}/stats`)
  const { subscriptions } = (await response.json()) as PubSubStats
  const sink = Object.entries(subscriptions).find(([name]) => name.endsWith('/oltp-sink'))?.[1]
  return sink ? sink.backlog + sink.outstanding : 0
}

/**
 * Waits until every event that Kafka has by now is in PostgreSQL or in dead letters. Returns how many records and
 * messages were open when the time was over.
 */
export async function waitForEvents(stack: StackFile, seconds: number): Promise<number> {
  const deadline = Date.now() + seconds * 1000
  const kafka = createKafka({ brokers: [stack.kafkaBrokers] }, 'wait', pino({ level: 'silent' }))
  const admin = kafka.admin()
  await admin.connect()
  try {
    const topics = await presentEventTopics(kafka)
    const ends = new Map<string, number>()
    for (const topic of topics) {
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
        ends.set(`${topic}/${partition}`, Number(high))
      }
    }
    for (;;) {
      let open = 0
      for (const { topic, partitions } of await admin.fetchOffsets({ groupId: EVENTS_GROUP, topics })) {
        for (const { partition, offset } of partitions) {
          open += Math.max(0, ends.get(`${topic}/${partition}`)! - Math.max(0, Number(offset)))
        }
      }
      if (open === 0) open = await inPubSub(stack)
      if (open === 0 || Date.now() >= deadline) return open
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  } finally {
    await admin.disconnect()
  }
}
