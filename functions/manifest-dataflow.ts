import { type FunctionEntry, TOPICS } from './manifest-parts.ts'
import { createInLake, launchJobs, publishDeadLetters, readLake, settingsOf } from './manifest-sources.ts'
import { settingNames } from './settings.ts'

/** Functions beside Dataflow: one sees to it that jobs run, one takes their alerts into the lake. */
export const beside: readonly FunctionEntry[] = [
  {
    name: 'alert-sink',
    entryPoint: 'alert-sink',
    folder: 'alert-sink',
    runtime: 'nodejs24',
    trigger: {
      kind: 'push',
      topic: TOPICS.alerts,
      subscription: 'alert-sink',
      ackDeadlineSeconds: 120,
      minimumBackoffSeconds: 5,
      maximumBackoffSeconds: 300,
      maxDeliveryAttempts: 100,
      deadLetterTopic: TOPICS.deadLetters,
      retentionDays: 7,
    },
    memoryMiB: 512,
    cpu: 1,
    timeoutSeconds: 100,
    concurrency: 16,
    maxInstances: 4,
    settings: settingsOf(settingNames['alert-sink']),
    access: [createInLake, readLake, publishDeadLetters],
  },
  {
    name: 'launch-dataflow',
    entryPoint: 'launch-dataflow',
    folder: 'launch-dataflow',
    runtime: 'nodejs24',
    // Sees to it that the jobs that are to run do; without any it does nothing.
    trigger: {
      kind: 'schedule',
      cron: '*/15 * * * *',
      timeZone: 'UTC',
      attemptDeadlineSeconds: 300,
      retries: 1,
    },
    memoryMiB: 512,
    cpu: 1,
    timeoutSeconds: 240,
    concurrency: 1,
    maxInstances: 1,
    settings: settingsOf(settingNames['launch-dataflow']),
    access: launchJobs,
  },
]
