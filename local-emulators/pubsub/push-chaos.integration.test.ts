import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { PubSub } from '@google-cloud/pubsub'
import { until } from './conformance/harness.ts'
import { startPubSubEmulator } from './server.ts'

/** An endpoint that takes everything, a subscription that pushes to it, and when each push came. */
async function withPush(
  settings: object,
  run: (publish: (text: string) => Promise<unknown>, came: { text: string; at: number }[]) => Promise<void>,
): Promise<void> {
  const came: { text: string; at: number }[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { data } = (JSON.parse(body) as { message: { data: string } }).message
    came.push({ text: Buffer.from(data, 'base64').toString(), at: performance.now() })
    response.writeHead(204).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const emulator = await startPubSubEmulator()
  const pubsub = new PubSub({ projectId: 'push', apiEndpoint: emulator.host, emulatorMode: true })
  try {
    const [topic] = await pubsub.createTopic('topic')
    await topic.createSubscription('push', {
      pushConfig: { pushEndpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
      retryPolicy: { minimumBackoff: { nanos: 1e7 }, maximumBackoff: { nanos: 1e7 } },
    })
    const answer = await fetch(`${emulator.httpUrl}/chaos`, {
      method: 'POST',
      body: JSON.stringify(settings),
    })
    assert.equal(answer.status, 200)
    await run((text) => topic.publishMessage({ data: Buffer.from(text) }), came)
  } finally {
    await pubsub.close()
    await emulator.stop()
    server.close()
  }
}

test('a push whose answer gets lost comes again although it was taken', () =>
  withPush({ lostAnswerRate: 1 }, async (publish, came) => {
    await publish('x')
    await until(async () => came.length >= 2, 'two deliveries')
    assert.deepEqual(new Set(came.map(({ text }) => text)), new Set(['x']))
  }))

test('pushes that wait come in another order, each once', () =>
  withPush({ pushDelayMs: 1_000 }, async (publish, came) => {
    const sent = Array.from({ length: 30 }, (_, at) => String(at).padStart(2, '0'))
    for (const text of sent) await publish(text)
    await until(async () => came.length === sent.length, 'all deliveries')
    const texts = came.map(({ text }) => text)
    assert.notDeepEqual(texts, sent)
    assert.deepEqual(texts.toSorted(), sent)
  }))
