import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { it } from 'node:test'
import { PubSub, type protos, v1 } from '@google-cloud/pubsub'
import { credentials, type ServiceError, type status } from '@grpc/grpc-js'
import { spawnEmulator } from '../process.ts'
import type { SubscriptionStats } from '../stats.ts'

type Api = typeof protos.google.pubsub.v1
export type Received = InstanceType<Api['ReceivedMessage']>
export type SubscriptionOptions = Partial<InstanceType<Api['Subscription']>> | object
export type SentMessage = { data?: Buffer; attributes?: Record<string, string>; orderingKey?: string }

/** The project of all cases that do not need one of their own. */
export const project = 'conformance'
/** Whether the suite runs against Google's emulator, or another one, rather than ours. */
export const foreign = process.env.PUBSUB_EMULATOR_HOST !== undefined

/** The emulator under test and clients of it. */
export class Bench {
  readonly host: string
  /** The HTTP side of our emulator; empty for another one. */
  readonly httpUrl: string
  readonly publisher: v1.PublisherClient
  readonly subscriber: v1.SubscriberClient
  readonly pubsub: PubSub
  readonly #stop: () => Promise<void>

  private constructor(host: string, httpUrl: string, stop: () => Promise<void>) {
    this.host = host
    this.httpUrl = httpUrl
    this.#stop = stop
    const [servicePath, port] = host.split(':') as [string, string]
    const options = {
      servicePath,
      port: Number(port),
      sslCreds: credentials.createInsecure(),
      projectId: project,
    }
    this.publisher = new v1.PublisherClient(options)
    this.subscriber = new v1.SubscriberClient(options)
    this.pubsub = new PubSub({ projectId: project, apiEndpoint: host, emulatorMode: true })
  }

  /** Starts our emulator, unless PUBSUB_EMULATOR_HOST names one. */
  static async start(): Promise<Bench> {
    const host = process.env.PUBSUB_EMULATOR_HOST
    if (host) return new Bench(host, '', async () => {})
    const { host: own, httpUrl, stop } = await spawnEmulator()
    return new Bench(own, httpUrl, stop)
  }

  async stop(): Promise<void> {
    await this.pubsub.close()
    await this.publisher.close()
    await this.subscriber.close()
    await this.#stop()
  }
}

/** One case: names of its own, and everything it makes is deleted after it. */
export class Case {
  readonly bench: Bench
  readonly #cleanUps: (() => Promise<unknown>)[] = []

  constructor(bench: Bench) {
    this.bench = bench
  }

  get publisher(): v1.PublisherClient {
    return this.bench.publisher
  }

  get subscriber(): v1.SubscriberClient {
    return this.bench.subscriber
  }

  name(kind: 'topics' | 'subscriptions' | 'snapshots', inProject = project): string {
    return `projects/${inProject}/${kind}/t-${randomBytes(6).toString('hex')}`
  }

  after(cleanUp: () => Promise<unknown>): void {
    this.#cleanUps.push(cleanUp)
  }

  async topic(options: object = {}, inProject = project): Promise<string> {
    const name = this.name('topics', inProject)
    await this.publisher.createTopic({ name, ...options })
    this.after(() => this.publisher.deleteTopic({ topic: name }))
    return name
  }

  async subscription(topic: string, options: SubscriptionOptions = {}, inProject = project): Promise<string> {
    const name = this.name('subscriptions', inProject)
    await this.subscriber.createSubscription({ name, topic, ...options })
    this.after(() => this.subscriber.deleteSubscription({ subscription: name }))
    return name
  }

  /** A topic and one subscription of it. */
  async pair(options: SubscriptionOptions = {}): Promise<{ topic: string; subscription: string }> {
    const topic = await this.topic()
    return { topic, subscription: await this.subscription(topic, options) }
  }

  async publish(topic: string, messages: (SentMessage | string)[]): Promise<string[]> {
    const sent = messages.map((message) =>
      typeof message === 'string' ? { data: Buffer.from(message) } : message,
    )
    const [response] = await this.publisher.publish({ topic, messages: sent })
    return response.messageIds as string[]
  }

  /** Pulls until `count` messages have come, or fails after `timeoutMs`. */
  async pull(subscription: string, count = 1, timeoutMs = 8000): Promise<Received[]> {
    const received: Received[] = []
    const end = Date.now() + timeoutMs
    while (received.length < count) {
      assert.ok(Date.now() < end, `${received.length} of ${count} messages after ${timeoutMs} ms`)
      received.push(...(await this.pullNow(subscription, count - received.length)))
      if (received.length < count) await sleep(20)
    }
    return received
  }

  async pullNow(subscription: string, maxMessages = 100): Promise<Received[]> {
    const [response] = await this.subscriber.pull({ subscription, maxMessages, returnImmediately: true })
    return response.receivedMessages as Received[]
  }

  async ack(subscription: string, received: Received[]): Promise<void> {
    await this.subscriber.acknowledge({ subscription, ackIds: received.map(({ ackId }) => ackId) })
  }

  async modify(subscription: string, received: Received[], ackDeadlineSeconds: number): Promise<void> {
    const ackIds = received.map(({ ackId }) => ackId)
    await this.subscriber.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds })
  }

  nack(subscription: string, received: Received[]): Promise<void> {
    return this.modify(subscription, received, 0)
  }

  async stats(subscription: string): Promise<SubscriptionStats> {
    const response = await fetch(`${this.bench.httpUrl}/stats`)
    const stats = (await response.json()) as { subscriptions: Record<string, SubscriptionStats> }
    return stats.subscriptions[subscription]!
  }

  async cleanUp(): Promise<void> {
    for (const cleanUp of this.#cleanUps.reverse()) await cleanUp().catch(() => {})
  }
}

/** Registers a case; `ours` says why another emulator cannot pass it. */
export function conforms(
  bench: () => Bench,
  name: string,
  run: (c: Case) => Promise<void>,
  ours?: string,
): void {
  it(name, { skip: foreign && ours !== undefined && `not in Google's emulator: ${ours}` }, async () => {
    const c = new Case(bench())
    try {
      await run(c)
    } finally {
      await c.cleanUp()
    }
  })
}

/** Asserts that a call fails with a status. */
export async function fails(code: status, call: Promise<unknown>, text?: RegExp): Promise<ServiceError> {
  const error = await call.then(
    () => assert.fail(`expected status ${code}, but the call succeeded`),
    (reason: ServiceError) => reason,
  )
  assert.equal(error.code, code, error.message)
  if (text) assert.match(error.message, text)
  return error
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** The data of received messages as text. */
export const texts = (received: Received[]): string[] =>
  received.map(({ message }) => Buffer.from(message!.data as Uint8Array).toString())

/** Waits until a condition holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what: string,
  timeoutMs = 8000,
): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await condition())) {
    assert.ok(Date.now() < end, `not within ${timeoutMs} ms: ${what}`)
    await sleep(15)
  }
}
