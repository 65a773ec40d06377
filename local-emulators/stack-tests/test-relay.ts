import assert from 'node:assert/strict'
import { createKafka } from '@pipeline/cdc/relay/kafka.ts'
import { createMetrics } from '@pipeline/cdc/relay/metrics.ts'
import { Relay, type RelayOptions } from '@pipeline/cdc/relay/relay.ts'
import type { Admin, Kafka } from 'kafkajs'
import { pino } from 'pino'
import { stack } from './the-stack.ts'

const silent = pino({ level: 'silent' })

/** A client for one member of a group, as in a process of its own: in one, members overwrite each other's offsets. */
export function testKafka(): Kafka {
  return createKafka({ brokers: [stack.kafkaBrokers] }, 'relay-test', silent)
}

type Chosen = 'groupId' | 'limits' | 'maxInFlightBytes' | 'publisher'

/** A silent relay with a client of its own; the test fails with it. */
export function testRelay(
  options: Pick<RelayOptions, Chosen> & Partial<Pick<RelayOptions, 'topics' | 'decode'>>,
): Relay {
  return new Relay({
    kafka: testKafka(),
    lingerMs: 50,
    metrics: createMetrics(),
    logger: silent,
    onFatal: (error) => assert.fail(error),
    ...options,
  })
}

/** The offset that a group has committed of each topic's only partition; -1 is none. */
export async function committedBy(
  admin: Admin,
  groupId: string,
  topics: string[],
): Promise<Record<string, number>> {
  const offsets = await admin.fetchOffsets({ groupId, topics })
  return Object.fromEntries(offsets.map(({ topic, partitions: [only] }) => [topic, Number(only!.offset)]))
}
