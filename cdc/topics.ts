import { catalog, changeTopic, SCHEMA, TOPIC_PREFIX } from '@pipeline/hospital/catalog.ts'
import { eventTopics, tableOfTopic } from '@pipeline/hospital/events/topics.ts'
import kafkajs, { type Kafka } from 'kafkajs'

const { ConfigResourceTypes } = kafkajs

const DAY_MS = 24 * 3_600_000
const RETENTION_DAYS = 7
const MAX_RECORD_BYTES = 67_108_864

/** Where Debezium tells of its snapshots. */
export const NOTIFICATIONS_TOPIC = `${TOPIC_PREFIX}-notifications`
/** Where the relay asks for rows to be read again: the change topic as key, the row's key as value. */
export const REREADS_TOPIC = `${TOPIC_PREFIX}-rereads`

interface TopicPlan {
  topic: string
  numPartitions: number
  configEntries: { name: string; value: string }[]
}

/** Every topic that must be there before Debezium, the relay and producers of events start. */
export function plannedTopics(retentionDays = RETENTION_DAYS): TopicPlan[] {
  const configEntries = [
    { name: 'cleanup.policy', value: 'delete' },
    { name: 'retention.ms', value: String(retentionDays * DAY_MS) },
    { name: 'max.message.bytes', value: String(MAX_RECORD_BYTES) },
  ]
  return [
    ...catalog.map(({ name, partitions }) => ({
      topic: changeTopic(name),
      numPartitions: partitions,
      configEntries,
    })),
    ...eventTopics.map((topic) => ({
      topic,
      numPartitions: tableOfTopic(topic)!.partitions,
      configEntries,
    })),
    { topic: `__debezium-heartbeat.${TOPIC_PREFIX}`, numPartitions: 1, configEntries },
    { topic: NOTIFICATIONS_TOPIC, numPartitions: 1, configEntries },
    { topic: REREADS_TOPIC, numPartitions: 1, configEntries },
  ]
}

/** Makes the topics that are not there yet, and has those that are keep what the plan says. Returns the new ones' names. */
export async function createTopics(kafka: Kafka, retentionDays = RETENTION_DAYS): Promise<string[]> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    const there = new Set(await admin.listTopics())
    const planned = plannedTopics(retentionDays)
    const missing = planned.filter(({ topic }) => !there.has(topic))
    if (missing.length > 0) await admin.createTopics({ topics: missing, waitForLeaders: true })
    const kept = planned.filter(({ topic }) => there.has(topic))
    if (kept.length > 0) {
      await admin.alterConfigs({
        validateOnly: false,
        resources: kept.map(({ topic: name, configEntries }) => ({
          type: ConfigResourceTypes.TOPIC,
          name,
          configEntries,
        })),
      })
    }
    return missing.map(({ topic }) => topic)
  } finally {
    await admin.disconnect()
  }
}

const CHANGE_TOPIC = new RegExp(`^${TOPIC_PREFIX}\\.${SCHEMA}\\.`)

async function topicsThat(kafka: Kafka, belong: (topic: string) => boolean): Promise<string[]> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    return (await admin.listTopics()).filter(belong).sort()
  } finally {
    await admin.disconnect()
  }
}

/** The change topics that Kafka has, of tables of the catalog and of others, in order. */
export function changeTopics(kafka: Kafka): Promise<string[]> {
  return topicsThat(kafka, (topic) => CHANGE_TOPIC.test(topic))
}

/** Those of the event topics that Kafka has, in order. */
export function presentEventTopics(kafka: Kafka): Promise<string[]> {
  return topicsThat(kafka, (topic) => eventTopics.includes(topic))
}
