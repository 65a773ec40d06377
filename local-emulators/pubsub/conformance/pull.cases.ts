import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { status } from '@grpc/grpc-js'
import { type Bench, type Case, conforms, fails, type Received, sleep, texts } from './harness.ts'

/** Pull, acknowledgement, deadlines. */
export function pullCases(bench: () => Bench): void {
  const test = (name: string, run: (c: Case) => Promise<void>, ours?: string): void =>
    conforms(bench, name, run, ours)

  describe('pull', { concurrency: 8 }, () => {
    test('no more than asked for', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['a', 'b', 'c'])
      assert.equal((await c.pullNow(subscription, 2)).length, 2)
      assert.equal((await c.pullNow(subscription, 2)).length, 1)
    })

    test('an immediate pull of nothing returns nothing, at once', async (c) => {
      const { subscription } = await c.pair()
      const start = Date.now()
      assert.deepEqual(await c.pullNow(subscription), [])
      assert.ok(Date.now() - start < 1500)
    })

    test('a waiting pull gets what is published meanwhile', async (c) => {
      const { topic, subscription } = await c.pair()
      const waiting = c.subscriber.pull({ subscription, maxMessages: 5 })
      await sleep(300)
      await c.publish(topic, ['late'])
      const [response] = await waiting
      assert.deepEqual(texts(response.receivedMessages as Received[]), ['late'])
    })

    test('a waiting pull takes messages once and leaves later ones to others', async (c) => {
      const { topic, subscription } = await c.pair()
      const waiting = c.subscriber.pull({ subscription, maxMessages: 1 })
      await sleep(200)
      await c.publish(topic, ['a', 'b', 'c'])
      const [response] = await waiting
      const first = response.receivedMessages as Received[]
      assert.equal(first.length, 1)
      const rest = await c.pull(subscription, 2)
      assert.deepEqual(texts([...first, ...rest]).sort(), ['a', 'b', 'c'])
    })

    test(
      'a waiting pull ends empty shortly before its caller gives up',
      async (c) => {
        const { subscription } = await c.pair()
        const start = Date.now()
        const [response] = await c.subscriber.pull({ subscription, maxMessages: 1 }, { timeout: 4000 })
        assert.deepEqual(response.receivedMessages, [])
        assert.ok(Date.now() - start >= 2500)
      },
      'it lets the call time out',
    )

    test('a pull that was given up takes no message', async (c) => {
      const { topic, subscription } = await c.pair()
      const given = c.subscriber.pull({ subscription, maxMessages: 1 }, { timeout: 300 })
      await given.catch(() => {})
      await c.publish(topic, ['mine'])
      assert.deepEqual(texts(await c.pull(subscription)), ['mine'])
    })

    test(
      '0 or fewer messages is INVALID_ARGUMENT',
      async (c) => {
        const { subscription } = await c.pair()
        for (const maxMessages of [0, -1]) {
          await fails(status.INVALID_ARGUMENT, c.pullNow(subscription, maxMessages), /max_messages/i)
        }
      },
      'it words this otherwise',
    )

    test('an acknowledged message is gone, and may be acknowledged again', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['once'])
      const received = await c.pull(subscription)
      await c.ack(subscription, received)
      await c.ack(subscription, received)
      await sleep(300)
      assert.deepEqual(await c.pullNow(subscription), [])
    })

    test('a nack brings the message back at once under a new id', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['again'])
      const first = await c.pull(subscription)
      await c.nack(subscription, first)
      const start = Date.now()
      const second = await c.pull(subscription)
      assert.ok(Date.now() - start < 1500)
      assert.equal(second[0]!.message!.messageId, first[0]!.message!.messageId)
      assert.notEqual(second[0]!.ackId, first[0]!.ackId)
      assert.equal(second[0]!.deliveryAttempt, 0)
    })

    test('a leased message is not delivered to anyone else', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['leased'])
      await c.pull(subscription)
      await sleep(1000)
      assert.deepEqual(await c.pullNow(subscription), [])
    })

    test('a deadline shortened to 1 s brings the message back after it, not before', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['short'])
      const start = Date.now()
      await c.modify(subscription, await c.pull(subscription), 1)
      await c.pull(subscription)
      const waited = Date.now() - start
      assert.ok(waited >= 990 && waited < 4000, `after ${waited} ms`)
    })

    test('an extended deadline holds', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['long'])
      const received = await c.pull(subscription)
      await c.modify(subscription, received, 1)
      await sleep(500)
      await c.modify(subscription, received, 3)
      await sleep(1500)
      assert.deepEqual(await c.pullNow(subscription), [])
      const start = Date.now()
      await c.pull(subscription)
      assert.ok(Date.now() - start < 3000)
    })

    test("the subscription's own deadline of 10 s holds and then ends", async (c) => {
      const { topic, subscription } = await c.pair({ ackDeadlineSeconds: 10 })
      await c.publish(topic, ['ten'])
      const start = Date.now()
      await c.pull(subscription)
      await sleep(start + 8500 - Date.now())
      assert.deepEqual(await c.pullNow(subscription), [])
      assert.deepEqual(texts(await c.pull(subscription, 1, 6000)), ['ten'])
    })

    test('a late acknowledgement still counts when the message was not delivered again', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['late'])
      const received = await c.pull(subscription)
      await c.modify(subscription, received, 1)
      await sleep(1500)
      await c.ack(subscription, received)
      assert.deepEqual(await c.pullNow(subscription), [])
    })

    test(
      'a nack of an earlier delivery does not touch the later one',
      async (c) => {
        const { topic, subscription } = await c.pair()
        await c.publish(topic, ['twice'])
        const first = await c.pull(subscription)
        await c.nack(subscription, first)
        await c.pull(subscription)
        await c.nack(subscription, first)
        await sleep(300)
        assert.deepEqual(await c.pullNow(subscription), [])
      },
      'it nacks by message',
    )

    test(
      'malformed and missing acknowledgement ids are INVALID_ARGUMENT',
      async (c) => {
        const { subscription } = await c.pair()
        for (const ackIds of [[], ['nonsense']]) {
          await fails(status.INVALID_ARGUMENT, c.subscriber.acknowledge({ subscription, ackIds }), /ack id/i)
          await fails(
            status.INVALID_ARGUMENT,
            c.subscriber.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds: 0 }),
          )
        }
      },
      'it accepts any id',
    )

    test(
      'a deadline beyond 600 s or below 0 is INVALID_ARGUMENT',
      async (c) => {
        const { topic, subscription } = await c.pair()
        await c.publish(topic, ['x'])
        const received = await c.pull(subscription)
        for (const seconds of [601, -1]) {
          await fails(
            status.INVALID_ARGUMENT,
            c.modify(subscription, received, seconds),
            /ack_deadline_seconds/,
          )
        }
      },
      'it words this otherwise',
    )

    test('many pulls at once share a backlog without duplicates', async (c) => {
      const { topic, subscription } = await c.pair({ ackDeadlineSeconds: 60 })
      await c.publish(
        topic,
        Array.from({ length: 500 }, (_, i) => String(i)),
      )
      const pulls = await Promise.all(Array.from({ length: 20 }, () => c.pull(subscription, 25)))
      assert.equal(new Set(texts(pulls.flat())).size, 500)
      assert.deepEqual(await c.pullNow(subscription), [])
    })
  })
}
