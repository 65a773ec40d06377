import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { Message } from '@google-cloud/pubsub'
import { status } from '@grpc/grpc-js'
import { type Bench, type Case, conforms, type Received, sleep, texts, until } from './harness.ts'
import { RawStream } from './raw-stream.ts'

const ids = (received: Received[]): string[] => received.map(({ ackId }) => ackId!)
const zeros = (received: Received[]): number[] => received.map(() => 0)

/** StreamingPull: delivery, flow control, acknowledgement on the stream, its errors and its end. */
export function streamingCases(bench: () => Bench): void {
  const test = (name: string, run: (c: Case) => Promise<void>, ours?: string): void =>
    conforms(bench, name, run, ours)

  describe('streaming pull', { concurrency: 8 }, () => {
    test('the official client receives and acknowledges everything once', async (c) => {
      const { topic, subscription: name } = await c.pair()
      const subscription = c.bench.pubsub.subscription(name)
      const seen: string[] = []
      subscription.on('message', (message: Message) => {
        seen.push(message.data.toString())
        message.ack()
      })
      const sent = Array.from({ length: 300 }, (_, i) => String(i))
      await c.publish(topic, sent)
      await until(() => seen.length >= 300, '300 messages')
      await subscription.close()
      assert.deepEqual(seen.sort(), sent.sort())
      assert.deepEqual(await c.pullNow(name), [])
    })

    test('the official client gets a nacked message again', async (c) => {
      const { topic, subscription: name } = await c.pair()
      const subscription = c.bench.pubsub.subscription(name)
      let deliveries = 0
      subscription.on('message', (message: Message) => {
        deliveries++
        if (deliveries < 3) message.nack()
        else message.ack()
      })
      await c.publish(topic, ['stubborn'])
      await until(() => deliveries >= 3, 'three deliveries')
      await subscription.close()
      assert.equal(deliveries, 3)
    })

    test('no more messages than the flow control allows, until some are acknowledged', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['1', '2', '3', '4', '5'])
      const stream = RawStream.on(c, subscription, { maxOutstandingMessages: 2 })
      const first = await stream.expect(2)
      await sleep(400)
      assert.equal(stream.received.length, 2)
      stream.write({ ackIds: ids(first.slice(0, 1)) })
      await stream.expect(3)
      await sleep(300)
      assert.equal(stream.received.length, 3)
    })

    test('flow control lets go on after a unary acknowledgement too', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['1', '2'])
      const stream = RawStream.on(c, subscription, { maxOutstandingMessages: 1 })
      await c.ack(subscription, await stream.expect(1))
      await stream.expect(2)
    })

    test(
      'no more bytes than the flow control allows',
      async (c) => {
        const { topic, subscription } = await c.pair()
        await c.publish(
          topic,
          Array.from({ length: 5 }, () => ({ data: Buffer.alloc(1000) })),
        )
        const stream = RawStream.on(c, subscription, { maxOutstandingBytes: 1500 })
        const first = await stream.expect(2)
        await sleep(400)
        assert.equal(stream.received.length, 2)
        stream.write({ ackIds: ids(first) })
        await stream.expect(4)
      },
      'bytes outstanding',
    )

    test('acknowledged on the stream is gone, nacked on it comes again', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['keep', 'back'])
      const stream = RawStream.on(c, subscription)
      const received = await stream.expect(2)
      const [keep, back] = ['keep', 'back'].map((text) => received.filter((one) => texts([one])[0] === text))
      stream.write({
        ackIds: ids(keep!),
        modifyDeadlineAckIds: ids(back!),
        modifyDeadlineSeconds: zeros(back!),
      })
      const all = await stream.expect(3)
      assert.deepEqual(texts(all.slice(2)), ['back'])
    })

    test('a deadline set on the stream holds for its message', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['soon'])
      const stream = RawStream.on(c, subscription, { streamAckDeadlineSeconds: 60 })
      const received = await stream.expect(1)
      const start = Date.now()
      stream.write({ modifyDeadlineAckIds: ids(received), modifyDeadlineSeconds: [1] })
      await stream.expect(2)
      assert.ok(Date.now() - start >= 900)
    })

    test('a backlog larger than any buffer comes through whole', async (c) => {
      const { topic, subscription } = await c.pair()
      const large = Array.from({ length: 8 }, () => ({ data: Buffer.alloc(1_000_000) }))
      for (let i = 0; i < 3; i++) await c.publish(topic, large)
      const stream = RawStream.on(c, subscription, { streamAckDeadlineSeconds: 60 })
      const received = await stream.expect(24)
      assert.equal(new Set(received.map(({ message }) => message!.messageId)).size, 24)
      assert.equal(received.length, 24)
    })

    test('half closing ends the stream with OK', async (c) => {
      const { subscription } = await c.pair()
      const stream = RawStream.on(c, subscription)
      await sleep(200)
      stream.end()
      assert.equal(await stream.ended, status.OK)
    })

    test('what a stream leaves behind goes to the next one after its deadline', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['left'])
      const stream = RawStream.on(c, subscription)
      const received = await stream.expect(1)
      stream.write({ modifyDeadlineAckIds: ids(received), modifyDeadlineSeconds: [1] })
      stream.end()
      await stream.ended
      assert.deepEqual(texts(await RawStream.on(c, subscription).expect(1)), ['left'])
    })

    test(
      'an empty request is answered, as a sign of life',
      async (c) => {
        const { subscription } = await c.pair()
        const stream = RawStream.on(c, subscription, { protocolVersion: 1 })
        await sleep(300)
        const before = stream.responses.length
        stream.write({})
        await until(() => stream.responses.length > before, 'a response to an empty request')
        assert.deepEqual(stream.received, [])
      },
      'server keep-alives',
    )

    test(
      'the stream tells the properties of its subscription',
      async (c) => {
        const { subscription } = await c.pair({
          enableMessageOrdering: true,
          enableExactlyOnceDelivery: true,
        })
        const stream = RawStream.on(c, subscription)
        await until(() => stream.responses.length > 0, 'a first response')
        const properties = stream.responses[0]!.subscriptionProperties
        assert.deepEqual(
          { ...properties },
          { exactlyOnceDeliveryEnabled: true, messageOrderingEnabled: true },
        )
      },
      'properties before the first message',
    )

    test(
      'streams of one subscription share the messages',
      async (c) => {
        const { topic, subscription } = await c.pair()
        const streams = [RawStream.on(c, subscription), RawStream.on(c, subscription)]
        await until(() => streams.every(({ responses }) => responses.length > 0), 'both streams open')
        await c.publish(
          topic,
          Array.from({ length: 100 }, (_, i) => String(i)),
        )
        await until(() => streams.flatMap(({ received }) => received).length >= 100, '100 messages')
        const all = texts(streams.flatMap(({ received }) => received))
        assert.equal(new Set(all).size, 100)
        assert.equal(all.length, 100)
        for (const { received } of streams) assert.ok(received.length >= 20, `${received.length} of 100`)
      },
      'the first response tells that the stream is open',
    )
  })
}
