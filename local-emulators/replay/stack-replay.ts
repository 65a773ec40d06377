import { PubSub } from '@google-cloud/pubsub'
import type { ReplayReport } from '@pipeline/cdc/replay/report.ts'
import { callFunction } from '../commands/call-function.ts'
import type { LoadReport } from '../commands/load.ts'
import { stackBucket } from '../stack-bucket.ts'
import type { StackFile } from '../stack-file.ts'
import { type ReplayWhat, replayIn } from './replay-in.ts'

/** Replays in a running stack; with `dryRun` it only looks, and sends nothing. */
export async function replayInStack(
  stack: StackFile,
  dryRun: boolean,
  replay: ReplayWhat,
): Promise<ReplayReport> {
  const { projectId } = stack
  const pubsub = new PubSub({ projectId, apiEndpoint: stack.pubsubHost, emulatorMode: true })
  try {
    return await replayIn(
      {
        pubsub,
        bucket: stackBucket(stack),
        kafka: { brokers: [stack.kafkaBrokers] },
        nameOf: (name) => name,
        load: (loader, body) => callFunction<LoadReport>(stack, loader, body),
      },
      dryRun,
      replay,
    )
  } finally {
    await pubsub.close().catch(() => undefined)
  }
}
