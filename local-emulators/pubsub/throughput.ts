import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { PubSub, type Topic } from '@google-cloud/pubsub'
import { spawnEmulator } from './process.ts'

export interface EmulatorThroughput {
  /** Publishing alone, every message confirmed. */
  publishedPerSecond: number
  /** Pulling a backlog alone, every message acknowledged. */
  pulledPerSecond: number
  /** Published and pulled at the same time, from the first publish to the last message received. */
  messagesPerSecond: number
}

/** Measures the emulator, in a process of its own, through the official client in this one. */
export async function measureEmulator(options: {
  messages: number
  bytes: number
}): Promise<EmulatorThroughput> {
  const emulator = await spawnEmulator()
  const pubsub = new PubSub({ projectId: 'throughput', apiEndpoint: emulator.host, emulatorMode: true })
  try {
    const [topic] = await pubsub.createTopic('throughput')
    topic.setPublishOptions({ batching: { maxMessages: 1000, maxMilliseconds: 5 } })
    await topic.createSubscription('throughput')
    const payload = randomBytes(options.bytes)
    const publishing = await seconds(() => publish(topic, payload, options.messages))
    const pulling = await seconds(() => pull(pubsub, options.messages))
    const both = await seconds(async () => {
      await Promise.all([pull(pubsub, options.messages), publish(topic, payload, options.messages)])
    })
    return {
      publishedPerSecond: Math.round(options.messages / publishing),
      pulledPerSecond: Math.round(options.messages / pulling),
      messagesPerSecond: Math.round(options.messages / both),
    }
  } finally {
    await pubsub.close()
    await emulator.stop()
  }
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now()
  await work()
  return (performance.now() - start) / 1000
}

async function publish(topic: Topic, data: Buffer, messages: number): Promise<void> {
  const underWay = 20_000
  for (let sent = 0; sent < messages; sent += underWay) {
    const some = Math.min(underWay, messages - sent)
    await Promise.all(Array.from({ length: some }, () => topic.publishMessage({ data })))
  }
}

async function pull(pubsub: PubSub, messages: number): Promise<void> {
  const subscription = pubsub.subscription('throughput', {
    flowControl: { maxMessages: 20_000 },
    batching: { maxMessages: 3000, maxMilliseconds: 10 },
  })
  const seen = new Set<string>()
  const all = Promise.withResolvers<void>()
  subscription.on('error', all.reject)
  subscription.on('message', (message) => {
    message.ack()
    seen.add(message.id)
    if (seen.size === messages) all.resolve()
  })
  await all.promise
  await subscription.close()
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', default: '100000' },
      bytes: { type: 'string', default: '500' },
    },
  })
  const measured = await measureEmulator({ messages: Number(values.messages), bytes: Number(values.bytes) })
  process.stdout.write(`${JSON.stringify(measured)}\n`)
}
