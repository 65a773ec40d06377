import { randomUUID } from 'node:crypto'
import { createKafka } from '@pipeline/cdc/relay/kafka.ts'
import { pino } from 'pino'
import type { StackFile } from '../stack-file.ts'

/** Where partitions end, by `topic/partition`. */
export type Ends = Map<string, number>

const kafkaOf = (stack: StackFile) =>
  createKafka({ brokers: [stack.kafkaBrokers] }, 'chaos', pino({ level: 'silent' }))

/** The ends of topics; those that Kafka does not have are left out. */
export async function endsOf(stack: StackFile, topics: readonly string[]): Promise<Ends> {
  const admin = kafkaOf(stack).admin()
  await admin.connect()
  try {
    const there = new Set(await admin.listTopics())
    const ends: Ends = new Map()
    for (const topic of topics.filter((each) => there.has(each))) {
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
        ends.set(`${topic}/${partition}`, Number(high))
      }
    }
    return ends
  } finally {
    await admin.disconnect()
  }
}

/** Reads all records of topics between two ends, in the order of each partition. */
export async function readRecords(
  stack: StackFile,
  from: Ends,
  to: Ends,
  take: (topic: string, value: Buffer | null) => void,
): Promise<void> {
  const open = new Map([...to].filter(([id, end]) => end > (from.get(id) ?? 0)))
  if (open.size === 0) return
  const consumer = kafkaOf(stack).consumer({ groupId: `chaos-${randomUUID()}` })
  await consumer.connect()
  try {
    const topics = [...new Set([...open.keys()].map((id) => id.split('/')[0]!))]
    await consumer.subscribe({ topics, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      const read = consumer.run({
        autoCommit: false,
        eachBatch: async ({ batch }) => {
          const id = `${batch.topic}/${batch.partition}`
          const end = to.get(id) ?? 0
          for (const { offset, value } of batch.messages) {
            if (Number(offset) >= (from.get(id) ?? 0) && Number(offset) < end) take(batch.topic, value)
          }
          if (Number(batch.lastOffset()) + 1 >= end) open.delete(id)
          if (open.size === 0) resolve()
        },
      })
      read.catch(reject)
      for (const id of open.keys()) {
        const [topic, partition] = id.split('/') as [string, string]
        consumer.seek({ topic, partition: Number(partition), offset: String(from.get(id) ?? 0) })
      }
    })
  } finally {
    await consumer.disconnect()
  }
}
