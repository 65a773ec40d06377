import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { type Message, PubSub } from '@google-cloud/pubsub'
import { status } from '@grpc/grpc-js'
import { until } from './conformance/harness.ts'
import { spawnEmulator } from './process.ts'
import { type EmulatorOptions, type PubSubEmulator, startPubSubEmulator } from './server.ts'
import type { EmulatorStats } from './stats.ts'

async function withEmulator(
  options: EmulatorOptions,
  run: (emulator: PubSubEmulator, pubsub: PubSub) => Promise<void>,
): Promise<void> {
  const emulator = await startPubSubEmulator(options)
  const pubsub = new PubSub({ projectId: 'server', apiEndpoint: emulator.host, emulatorMode: true })
  try {
    await run(emulator, pubsub)
  } finally {
    await pubsub.close()
    await emulator.stop()
  }
}

const chaos = (emulator: PubSubEmulator, settings: unknown): Promise<Response> =>
  fetch(`${emulator.httpUrl}/chaos`, { method: 'POST', body: JSON.stringify(settings) })

/** Receives until `count` deliveries have come, acknowledging each. */
async function receive(pubsub: PubSub, name: string, count: number): Promise<string[]> {
  const subscription = pubsub.subscription(name, { batching: { maxMilliseconds: 10 } })
  const seen: string[] = []
  const enough = Promise.withResolvers<void>()
  subscription.on('message', (message: Message) => {
    message.ack()
    if (seen.push(message.data.toString()) === count) enough.resolve()
  })
  subscription.on('error', enough.reject)
  await enough.promise
  await subscription.close()
  return seen
}

describe('server', { concurrency: true }, () => {
  it('refuses to publish over its byte limit until messages are acknowledged', () =>
    withEmulator({ maxBytes: 100_000 }, async (emulator, pubsub) => {
      const [topic] = await pubsub.createTopic('limited')
      await topic.publishMessage({ data: Buffer.alloc(90_000) })
      await topic.createSubscription('limited')
      await topic.publishMessage({ data: Buffer.alloc(90_000) })
      const publisher = pubsub.topic('limited', { gaxOpts: { retry: null, timeout: 3000 } })
      const over = publisher.publishMessage({ data: Buffer.alloc(90_000) })
      await assert.rejects(over, { code: status.RESOURCE_EXHAUSTED })
      assert.ok(emulator.stats().bytesUsed <= 100_000)
      const patient = topic.publishMessage({ data: Buffer.alloc(90_000) })
      await receive(pubsub, 'limited', 2)
      assert.match(await patient, /^\d+$/)
    }))

  it('counts what topics and subscriptions do', () =>
    withEmulator({}, async (emulator, pubsub) => {
      const [topic] = await pubsub.createTopic('counted')
      await topic.createSubscription('counted')
      for (const text of ['a', 'b', 'c']) await topic.publishMessage({ data: Buffer.from(text) })
      const before = emulator.stats().subscriptions['projects/server/subscriptions/counted']!
      assert.deepEqual([before.backlog, before.published, before.delivered], [3, 3, 0])
      assert.ok(before.oldestUnackedAgeSeconds >= 0 && before.oldestUnackedAgeSeconds < 5)
      await receive(pubsub, 'counted', 3)
      const stats = (await (await fetch(`${emulator.httpUrl}/stats`)).json()) as EmulatorStats
      const after = stats.subscriptions['projects/server/subscriptions/counted']!
      assert.deepEqual([after.backlog, after.delivered, after.acked, after.outstanding], [0, 3, 3, 0])
      assert.equal(stats.topics['projects/server/topics/counted']!.published, 3)
      assert.equal(stats.bytesUsed, 0)
    }))

  it('fails calls with the code it is told, and stops when told', () =>
    withEmulator({}, async (emulator, pubsub) => {
      await pubsub.createTopic('chaos')
      await chaos(emulator, { errorRate: 1, code: 'PERMISSION_DENIED' })
      await assert.rejects(pubsub.topic('chaos').getMetadata(), { code: status.PERMISSION_DENIED })
      await fetch(`${emulator.httpUrl}/chaos`, { method: 'DELETE' })
      const [metadata] = await pubsub.topic('chaos').getMetadata()
      assert.equal(metadata.name, 'projects/server/topics/chaos')
    }))

  it('delays calls', () =>
    withEmulator({}, async (emulator, pubsub) => {
      await pubsub.createTopic('slow')
      await chaos(emulator, { latencyMs: 500 })
      const start = Date.now()
      await pubsub.topic('slow').getMetadata()
      assert.ok(Date.now() - start >= 490)
    }))

  it('delivers every message twice when told, without losing any', () =>
    withEmulator({}, async (emulator, pubsub) => {
      const [topic] = await pubsub.createTopic('twice')
      await topic.createSubscription('twice')
      await chaos(emulator, { duplicateRate: 1 })
      for (const text of ['a', 'b']) await topic.publishMessage({ data: Buffer.from(text) })
      assert.deepEqual((await receive(pubsub, 'twice', 4)).sort(), ['a', 'a', 'b', 'b'])
    }))

  it('delivers out of order when told, without losing any', () =>
    withEmulator({}, async (emulator, pubsub) => {
      const [topic] = await pubsub.createTopic('shuffled')
      await topic.createSubscription('shuffled')
      await chaos(emulator, { shuffle: true })
      const sent = Array.from({ length: 200 }, (_, i) => String(i).padStart(3, '0'))
      await Promise.all(sent.map((text) => topic.publishMessage({ data: Buffer.from(text) })))
      const seen = await receive(pubsub, 'shuffled', 200)
      assert.notDeepEqual(seen, sent)
      assert.deepEqual(seen.sort(), sent)
    }))

  it('the official client gets everything through although a tenth of the calls fail', () =>
    withEmulator({}, async (emulator, pubsub) => {
      const [topic] = await pubsub.createTopic('rough')
      await topic.createSubscription('rough')
      await chaos(emulator, { errorRate: 0.1, latencyMs: 5 })
      const sent = Array.from({ length: 60 }, (_, i) => String(i))
      await Promise.all(sent.map((text) => topic.publishMessage({ data: Buffer.from(text) })))
      const seen = new Set<string>()
      const subscription = pubsub.subscription('rough')
      const all = Promise.withResolvers<void>()
      subscription.on('message', (message: Message) => {
        message.ack()
        if (seen.add(message.data.toString()).size === sent.length) all.resolve()
      })
      await all.promise
      await subscription.close()
      assert.deepEqual([...seen].sort(), sent.sort())
    }))

  it('refuses chaos it does not understand, and paths and methods it does not have', () =>
    withEmulator({}, async (emulator) => {
      for (const settings of [{ errorRate: 2 }, { unknown: 1 }, 'x']) {
        assert.equal((await chaos(emulator, settings)).status, 400)
      }
      assert.equal((await fetch(`${emulator.httpUrl}/chaos`, { method: 'POST', body: '{' })).status, 400)
      const big = { method: 'POST', body: 'x'.repeat(70_000) }
      assert.equal((await fetch(`${emulator.httpUrl}/chaos`, big)).status, 413)
      assert.equal((await fetch(`${emulator.httpUrl}/nothing`)).status, 404)
      assert.equal((await fetch(`${emulator.httpUrl}/stats`, { method: 'PUT' })).status, 405)
    }))

  it('fails to start on a port that is taken', () =>
    withEmulator({}, async (emulator) => {
      const port = Number(emulator.host.split(':')[1])
      await assert.rejects(startPubSubEmulator({ port }))
      const httpPort = Number(new URL(emulator.httpUrl).port)
      await assert.rejects(startPubSubEmulator({ httpPort }), { code: 'EADDRINUSE' })
    }))

  it('as a process says when it is ready, and ends by itself on SIGTERM with streams open', async () => {
    const emulator = await spawnEmulator()
    const pubsub = new PubSub({ projectId: 'server', apiEndpoint: emulator.host, emulatorMode: true })
    const [topic] = await pubsub.createTopic('process')
    const [subscription] = await topic.createSubscription('process')
    subscription.on('message', (message: Message) => message.ack())
    subscription.on('error', () => {})
    await topic.publishMessage({ data: Buffer.from('x') })
    await until(async () => {
      const stats = (await (await fetch(`${emulator.httpUrl}/stats`)).json()) as EmulatorStats
      return stats.subscriptions[subscription.name]!.acked === 1
    }, 'the acknowledgement')
    const exit = once(emulator.child, 'exit')
    emulator.child.kill('SIGTERM')
    assert.deepEqual(await exit, [0, null])
    await subscription.close()
    await pubsub.close()
  })
})
