import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { Message } from '@google-cloud/pubsub'
import { type Bench, type Case, conforms, sleep, texts, until } from './harness.ts'

async function publishKey(c: Case, topic: string, orderingKey: string, items: string[]): Promise<void> {
  await c.publish(
    topic,
    items.map((text) => ({ data: Buffer.from(text), orderingKey })),
  )
}

/** Ordering keys. */
export function orderingCases(bench: () => Bench): void {
  const test = (name: string, run: (c: Case) => Promise<void>, ours?: string): void =>
    conforms(bench, name, run, ours)
  const options = { enableMessageOrdering: true, ackDeadlineSeconds: 60 }
  const affinity = 'it delivers a key otherwise'

  describe('ordering', { concurrency: 8 }, () => {
    test('the messages of each key arrive in order', async (c) => {
      const { topic, subscription: name } = await c.pair(options)
      const publisher = c.bench.pubsub.topic(topic, { messageOrdering: true })
      const keys = ['a', 'b', 'c', 'd']
      const sent = keys.flatMap((orderingKey) =>
        Array.from({ length: 100 }, (_, i) =>
          publisher.publishMessage({ data: Buffer.from(String(i)), orderingKey }),
        ),
      )
      await Promise.all(sent)
      const seen = new Map<string, string[]>(keys.map((key) => [key, []]))
      const subscription = c.bench.pubsub.subscription(name)
      subscription.on('message', (message: Message) => {
        seen.get(message.orderingKey!)!.push(message.data.toString())
        message.ack()
      })
      await until(() => [...seen.values()].every((items) => items.length >= 100), '400 messages')
      await subscription.close()
      const inOrder = Array.from({ length: 100 }, (_, i) => String(i))
      for (const items of seen.values()) assert.deepEqual(items, inOrder)
    })

    test(
      'one pull gets several messages of a key, in order',
      async (c) => {
        const { topic, subscription } = await c.pair(options)
        await publishKey(c, topic, 'k', ['1', '2', '3'])
        assert.deepEqual(texts(await c.pullNow(subscription, 10)), ['1', '2', '3'])
      },
      affinity,
    )

    test(
      'a nack brings the message and all later ones of its key again, acknowledged or not',
      async (c) => {
        const { topic, subscription } = await c.pair(options)
        await publishKey(c, topic, 'k', ['1', '2', '3', '4'])
        const received = await c.pullNow(subscription, 10)
        await c.ack(subscription, [received[0]!, received[2]!])
        await c.nack(subscription, [received[1]!])
        assert.deepEqual(texts(await c.pull(subscription, 3)), ['2', '3', '4'])
      },
      affinity,
    )

    test(
      'an expired deadline does the same',
      async (c) => {
        const { topic, subscription } = await c.pair(options)
        await publishKey(c, topic, 'k', ['1', '2'])
        const received = await c.pullNow(subscription, 10)
        await c.modify(subscription, [received[0]!], 1)
        await sleep(1300)
        assert.deepEqual(texts(await c.pull(subscription, 2)), ['1', '2'])
      },
      affinity,
    )

    test(
      'another pull gets nothing of a key until what is out is settled',
      async (c) => {
        const { topic, subscription } = await c.pair(options)
        await publishKey(c, topic, 'k', ['1', '2'])
        const first = await c.pullNow(subscription, 1)
        assert.deepEqual(await c.pullNow(subscription, 1), [])
        await c.ack(subscription, first)
        assert.deepEqual(texts(await c.pull(subscription)), ['2'])
      },
      affinity,
    )

    test(
      'keys do not hold up each other, nor messages without one',
      async (c) => {
        const { topic, subscription } = await c.pair(options)
        await publishKey(c, topic, 'stuck', ['s1', 's2'])
        await c.pullNow(subscription, 1)
        await publishKey(c, topic, 'free', ['f'])
        await c.publish(topic, ['none'])
        assert.deepEqual(texts(await c.pull(subscription, 2)).sort(), ['f', 'none'])
      },
      affinity,
    )

    test(
      'a back-off holds up the whole key and nothing else',
      async (c) => {
        const retryPolicy = { minimumBackoff: { nanos: 6e8 }, maximumBackoff: { seconds: 1 } }
        const { topic, subscription } = await c.pair({ ...options, retryPolicy })
        await publishKey(c, topic, 'k', ['1', '2'])
        await publishKey(c, topic, 'other', ['o'])
        const received = await c.pullNow(subscription, 10)
        const start = Date.now()
        await c.nack(
          subscription,
          received.filter((one) => texts([one])[0] === '1'),
        )
        assert.deepEqual(await c.pullNow(subscription), [])
        assert.deepEqual(texts(await c.pull(subscription, 2)), ['1', '2'])
        assert.ok(Date.now() - start >= 590)
      },
      affinity,
    )

    test('without the setting keys do not bind', async (c) => {
      const { topic, subscription } = await c.pair()
      await publishKey(c, topic, 'k', ['1', '2'])
      const [first] = await c.pullNow(subscription, 1)
      const [second] = await c.pull(subscription)
      assert.deepEqual(texts([first!, second!]).sort(), ['1', '2'])
    })

    test(
      '5,000 messages of one key take seconds, in order',
      async (c) => {
        const { topic, subscription: name } = await c.pair(options)
        const sent = Array.from({ length: 5000 }, (_, i) => String(i))
        for (let i = 0; i < 5; i++) await publishKey(c, topic, 'hot', sent.slice(i * 1000, (i + 1) * 1000))
        const seen: string[] = []
        const subscription = c.bench.pubsub.subscription(name, { batching: { maxMilliseconds: 10 } })
        const start = Date.now()
        subscription.on('message', (message: Message) => {
          seen.push(message.data.toString())
          message.ack()
        })
        await until(() => seen.length >= 5000, '5,000 messages', 15_000)
        await subscription.close()
        assert.deepEqual(seen, sent)
        assert.ok(Date.now() - start < 10_000)
      },
      'speed',
    )
  })
}
