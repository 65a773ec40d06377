import type { KafkaRecord } from '@pipeline/hospital/debezium.ts'
import type { Batch } from 'kafkajs'

/** One record at a time, so that a large batch does not make as many objects more that live as long as it. */
export function* recordsOf({ topic, partition, messages }: Batch): Generator<KafkaRecord> {
  for (const { offset, key, value, timestamp } of messages) {
    yield { topic, partition, offset: Number(offset), key, value, timestamp }
  }
}
