import type { Consumer, Kafka } from 'kafkajs'

/** A member of the relay's group, not connected yet. */
export function createConsumer(kafka: Kafka, groupId: string): Consumer {
  return kafka.consumer({
    groupId,
    sessionTimeout: 10_000,
    heartbeatInterval: 3_000,
    minBytes: 16_384,
    maxWaitTimeInMs: 150,
    // Compressed: one byte here may be a hundred in memory.
    maxBytesPerPartition: 32_768,
    maxBytes: 1_048_576,
    retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 8, restartOnFailure: async () => true },
  })
}
