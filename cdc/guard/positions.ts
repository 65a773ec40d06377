import { catalog, changeTopic } from '@pipeline/hospital/catalog.ts'
import { readEnvelope } from '@pipeline/hospital/envelope.ts'
import type { Admin, Kafka } from 'kafkajs'

/** Whether a topic had records that are older than `before`, ms since the epoch, also if they have expired. */
export async function hadRecords(admin: Admin, topic: string, before: number): Promise<boolean> {
  const partitions = await admin.fetchTopicOffsetsByTimestamp(topic, before)
  return partitions.some(({ offset }) => Number(offset) > 0)
}

/** Where the rows of the snapshot stand that was taken since a time; undefined if it found no row. */
export async function snapshotLsn(kafka: Kafka, admin: Admin, since: number): Promise<bigint | undefined> {
  for (const { name } of catalog) {
    const lsn = await firstSnapshotRow(kafka, admin, changeTopic(name), since)
    if (lsn !== undefined) return lsn
  }
  return undefined
}

/** Reads a topic from a time on to its present end, until a row of a snapshot comes. */
async function firstSnapshotRow(
  kafka: Kafka,
  admin: Admin,
  topic: string,
  since: number,
): Promise<bigint | undefined> {
  const ends = new Map(
    (await admin.fetchTopicOffsets(topic)).map((each) => [each.partition, Number(each.high)]),
  )
  const starts = await admin.fetchTopicOffsetsByTimestamp(topic, since)
  const open = new Set(
    starts
      .filter(({ partition, offset }) => Number(offset) < ends.get(partition)!)
      .map(({ partition }) => partition),
  )
  if (open.size === 0) return undefined
  const groupId = `hospital-guard-${process.pid}-${Date.now()}`
  const consumer = kafka.consumer({ groupId })
  await consumer.connect()
  try {
    await consumer.subscribe({ topic, fromBeginning: true })
    return await new Promise<bigint | undefined>((resolve, reject) => {
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      consumer
        .run({
          autoCommit: false,
          eachMessage: async ({ partition, message }) => {
            const envelope = message.value ? readEnvelope(message.value) : { wrong: 'a tombstone' }
            if (!('wrong' in envelope) && envelope.op === 'r' && envelope.commitLsn === null) {
              resolve(BigInt(envelope.lsn))
            }
            if (Number(message.offset) >= ends.get(partition)! - 1) open.delete(partition)
            if (open.size === 0) resolve(undefined)
          },
        })
        .catch(reject)
      for (const { partition, offset } of starts) consumer.seek({ topic, partition, offset })
    })
  } finally {
    await consumer.disconnect()
    await admin.deleteGroups([groupId]).catch(() => {})
  }
}
