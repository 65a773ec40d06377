import { CloudSchedulerJob } from '@cdktf/provider-google/lib/cloud-scheduler-job/index.js'
import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import type { Stage } from './stage.ts'

/** The Cloud Scheduler job of a function that runs at times. */
export function buildSchedule(
  { stack, settings, names }: Stage,
  { name, trigger }: FunctionEntry,
  target: { uri: string; account: string; mayInvoke: CloudSchedulerJob['dependsOn'] },
): void {
  if (trigger.kind !== 'schedule') return
  new CloudSchedulerJob(stack, `schedule-${name}`, {
    name: names.of(name),
    region: settings.region,
    description: `Calls ${name}`,
    schedule: trigger.cron,
    timeZone: trigger.timeZone,
    attemptDeadline: `${trigger.attemptDeadlineSeconds}s`,
    retryConfig: {
      retryCount: trigger.retries,
      minBackoffDuration: '5s',
      maxBackoffDuration: '300s',
      maxDoublings: 5,
    },
    httpTarget: {
      httpMethod: 'POST',
      uri: target.uri,
      headers: { 'Content-Type': 'application/json' },
      body: Buffer.from('{}').toString('base64'),
      oidcToken: { serviceAccountEmail: target.account, audience: target.uri },
    },
    ...(target.mayInvoke ? { dependsOn: target.mayInvoke as never } : {}),
  })
}
