import assert from 'node:assert/strict'
import { describe } from 'node:test'
import type { Message } from '@google-cloud/pubsub'
import { type Bench, type Case, conforms, sleep, texts, until } from './harness.ts'

interface Graves {
  topic: string
  subscription: string
  deadTopic: string
  dead: string
}

async function graves(c: Case, options: object = {}): Promise<Graves> {
  const { topic: deadTopic, subscription: dead } = await c.pair()
  const topic = await c.topic()
  const subscription = await c.subscription(topic, {
    deadLetterPolicy: { deadLetterTopic: deadTopic, maxDeliveryAttempts: 5 },
    ...options,
  })
  return { topic, subscription, deadTopic, dead }
}

async function nackTimes(c: Case, subscription: string, times: number): Promise<number[]> {
  const attempts: number[] = []
  for (let i = 0; i < times; i++) {
    const received = await c.pull(subscription)
    attempts.push(received[0]!.deliveryAttempt!)
    await c.nack(subscription, received)
  }
  return attempts
}

/** Dead-letter topics. */
export function deadLetterCases(bench: () => Bench): void {
  const test = (name: string, run: (c: Case) => Promise<void>, ours?: string): void =>
    conforms(bench, name, run, ours)

  describe('dead letters', { concurrency: 8 }, () => {
    test('after 5 attempts a message goes to the dead-letter topic, once, and says where from', async (c) => {
      const { topic, subscription, dead } = await graves(c)
      await c.publish(topic, [{ data: Buffer.from('poison'), attributes: { own: 'kept' } }])
      assert.deepEqual(await nackTimes(c, subscription, 5), [1, 2, 3, 4, 5])
      const buried = await c.pull(dead)
      assert.deepEqual(texts(buried), ['poison'])
      const { attributes } = buried[0]!.message!
      const prefix = 'CloudPubSubDeadLetterSource'
      assert.equal(attributes!.own, 'kept')
      assert.equal(attributes![`${prefix}Subscription`], subscription.split('/').at(-1))
      assert.equal(attributes![`${prefix}SubscriptionProject`], 'conformance')
      assert.equal(attributes![`${prefix}DeliveryCount`], '5')
      assert.ok(Math.abs(Date.parse(attributes![`${prefix}TopicPublishTime`]!) - Date.now()) < 20_000)
      await sleep(300)
      assert.deepEqual(await c.pullNow(dead), [])
      assert.deepEqual(await c.pullNow(subscription), [])
    })

    test('expired deadlines count as attempts', async (c) => {
      const { topic, subscription, dead } = await graves(c)
      await c.publish(topic, ['slow'])
      await nackTimes(c, subscription, 3)
      await c.modify(subscription, await c.pull(subscription), 1)
      const [last] = await c.pull(subscription)
      assert.equal(last!.deliveryAttempt, 5)
      await c.nack(subscription, [last!])
      assert.deepEqual(texts(await c.pull(dead)), ['slow'])
    })

    test('without a policy the attempt is 0 however often it fails', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['plain'])
      assert.deepEqual(await nackTimes(c, subscription, 3), [0, 0, 0])
    })

    test('acknowledged in time it never gets there', async (c) => {
      const { topic, subscription, dead } = await graves(c)
      await c.publish(topic, ['saved'])
      await nackTimes(c, subscription, 4)
      await c.ack(subscription, await c.pull(subscription))
      await sleep(300)
      assert.deepEqual(await c.pullNow(dead), [])
    })

    test(
      'without its topic it keeps coming, and goes once the topic is back',
      async (c) => {
        const { topic, subscription, deadTopic } = await graves(c)
        await c.publisher.deleteTopic({ topic: deadTopic })
        await c.publish(topic, ['homeless'])
        assert.deepEqual(await nackTimes(c, subscription, 7), [1, 2, 3, 4, 5, 6, 7])
        await c.publisher.createTopic({ name: deadTopic })
        const late = await c.subscription(deadTopic)
        await nackTimes(c, subscription, 1)
        assert.deepEqual(texts(await c.pull(late)), ['homeless'])
      },
      'it drops the message',
    )

    test('many poisoned messages each arrive once', async (c) => {
      const { topic, subscription: name, dead } = await graves(c)
      const subscription = c.bench.pubsub.subscription(name, { batching: { maxMilliseconds: 10 } })
      subscription.on('message', (message: Message) => message.nack())
      const sent = Array.from({ length: 50 }, (_, i) => String(i))
      await c.publish(topic, sent)
      const buried = await c.pull(dead, 50)
      await subscription.close()
      assert.deepEqual(texts(buried).sort(), sent.sort())
      await sleep(300)
      assert.deepEqual(await c.pullNow(dead), [])
    })

    test('the official client sees the attempt', async (c) => {
      const { topic, subscription: name } = await graves(c)
      const subscription = c.bench.pubsub.subscription(name)
      const attempts: number[] = []
      subscription.on('message', (message: Message) => {
        attempts.push(message.deliveryAttempt)
        if (attempts.length < 2) message.nack()
        else message.ack()
      })
      await c.publish(topic, ['x'])
      await until(() => attempts.length >= 2, 'two attempts')
      await subscription.close()
      assert.deepEqual(attempts, [1, 2])
    })

    test(
      'a poisoned message at the head of its key lets the key go on',
      async (c) => {
        const { topic, subscription, dead } = await graves(c, { enableMessageOrdering: true })
        for (const text of ['bad', 'good']) {
          await c.publish(topic, [{ data: Buffer.from(text), orderingKey: 'k' }])
        }
        for (let i = 0; i < 5; i++) {
          const received = await c.pullNow(subscription, 1)
          assert.deepEqual(texts(received), ['bad'])
          await c.nack(subscription, received)
        }
        assert.deepEqual(texts(await c.pull(subscription)), ['good'])
        assert.equal((await c.pull(dead))[0]!.message!.orderingKey, 'k')
      },
      'its order differs',
    )

    test(
      'updating the policy applies to messages that are there',
      async (c) => {
        const { topic, subscription: name } = await c.pair()
        const { topic: deadLetterTopic, subscription: dead } = await c.pair()
        await c.publish(topic, ['old'])
        await nackTimes(c, name, 6)
        await c.subscriber.updateSubscription({
          subscription: { name, deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 5 } },
          updateMask: { paths: ['dead_letter_policy'] },
        })
        assert.deepEqual(await nackTimes(c, name, 5), [1, 2, 3, 4, 5])
        assert.deepEqual(texts(await c.pull(dead)), ['old'])
      },
      'attempts before the policy',
    )
  })
}
