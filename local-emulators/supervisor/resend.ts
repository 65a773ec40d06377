import { createKafka } from '@pipeline/cdc/relay/kafka.ts'
import { presentEventTopics } from '@pipeline/cdc/topics.ts'
import { openClickHouse } from '@pipeline/functions/clickhouse/client.ts'
import { gcsLake } from '@pipeline/functions/lake/gcs.ts'
import { clickhouseStore } from '@pipeline/functions/reconcile/clickhouse.ts'
import type { Offsets } from '@pipeline/functions/reconcile/current-store.ts'
import { readDeadLetters } from '@pipeline/functions/reconcile/dead-letters.ts'
import { listChanges } from '@pipeline/functions/reconcile/lake-changes.ts'
import { openKafka } from '@pipeline/functions/reconcile/positions.ts'
import { gapsIn, gapsOf } from '@pipeline/functions/reconcile/table-input.ts'
import { catalog } from '@pipeline/hospital/catalog.ts'
import { pino } from 'pino'
import { CLICKHOUSE_ACCOUNT } from '../services/clickhouse.ts'
import { stackBucket } from '../stack-bucket.ts'
import type { StackFile } from '../stack-file.ts'
import { until } from './wait.ts'

/**
 * Sets the stopped relay's offsets back to the first change that the lake or ClickHouse does not have: for a Pub/Sub
 * emulator that died with messages in its memory. Waits until Kafka has given up the relay's membership.
 */
export async function rewindToStores(stack: StackFile, groupId: string, signal: AbortSignal): Promise<void> {
  const lake = gcsLake(stackBucket(stack))
  const deadLetters = await readDeadLetters(lake)
  const positions = await openKafka({ brokers: [stack.kafkaBrokers], tls: false })
  const clickhouse = openClickHouse({ url: stack.clickhouseUrl, ...CLICKHOUSE_ACCOUNT })
  const store = clickhouseStore(clickhouse)
  const admin = createKafka({ brokers: [stack.kafkaBrokers] }, 'set-back', pino({ level: 'silent' })).admin()
  await admin.connect()
  try {
    for (const { name } of catalog) {
      const names = (await listChanges(lake, name)).map((object) => object.name)
      let taken: Offsets | undefined
      await until(
        async () => {
          taken = await store.taken(name)
        },
        signal,
        500,
      )
      for (const end of await positions.ends(name)) {
        const of = { ends: [end], deadLetters }
        const open = [...gapsOf(of, names).open, ...gapsIn(of, taken ?? new Map()).open]
        const first = Math.min(end.end, ...open.map((range) => range.first))
        const partitions = [{ partition: end.partition, offset: String(first) }]
        await until(() => admin.setOffsets({ groupId, topic: end.topic, partitions }), signal, 500)
      }
    }
  } finally {
    await Promise.allSettled([admin.disconnect(), positions.close(), clickhouse.close()])
  }
}

/** Most events of a topic partition that are sent again. */
const MOST_EVENTS = 1_000_000

/**
 * Sets the stopped relay's offsets of the event topics back to the oldest event that Kafka has, or the last million:
 * which of them still waited in Pub/Sub nobody knows, and what is applied already changes nothing when it comes again.
 */
export async function rewindEvents(brokers: string, groupId: string, signal: AbortSignal): Promise<void> {
  const kafka = createKafka({ brokers: [brokers] }, 'set-back', pino({ level: 'silent' }))
  const admin = kafka.admin()
  await admin.connect()
  try {
    for (const topic of await presentEventTopics(kafka)) {
      const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
        partition,
        offset: String(Math.max(Number(low), Number(high) - MOST_EVENTS)),
      }))
      await until(() => admin.setOffsets({ groupId, topic, partitions }), signal, 500)
    }
  } finally {
    await admin.disconnect()
  }
}
