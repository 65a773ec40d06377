import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { status } from '@grpc/grpc-js'
import { type Bench, type Case, conforms, fails, sleep, texts } from './harness.ts'

/** Subscriptions: settings and their limits, updates, fan-out, detaching, deletion. */
export function subscriptionCases(bench: () => Bench): void {
  const test = (name: string, run: (c: Case) => Promise<void>, ours?: string): void =>
    conforms(bench, name, run, ours)

  describe('subscriptions', { concurrency: 8 }, () => {
    test('defaults: 10 s to acknowledge, 7 days of retention, pull', async (c) => {
      const { topic, subscription } = await c.pair()
      const [shown] = await c.subscriber.getSubscription({ subscription })
      assert.equal(shown.topic, topic)
      assert.equal(shown.ackDeadlineSeconds, 10)
      assert.equal(Number(shown.messageRetentionDuration?.seconds), 7 * 86_400)
      assert.equal(shown.pushConfig?.pushEndpoint ?? '', '')
      assert.equal(shown.retryPolicy, null)
      assert.equal(shown.deadLetterPolicy, null)
    })

    test(
      'the state is ACTIVE and an unused one expires after 31 days',
      async (c) => {
        const { subscription } = await c.pair()
        const [shown] = await c.subscriber.getSubscription({ subscription })
        assert.equal(shown.state, 'ACTIVE')
        assert.equal(Number(shown.expirationPolicy?.ttl?.seconds), 31 * 86_400)
      },
      'state and expiration',
    )

    test('a second one of a name is ALREADY_EXISTS, one of a missing topic NOT_FOUND', async (c) => {
      const { topic, subscription: name } = await c.pair()
      await fails(status.ALREADY_EXISTS, c.subscriber.createSubscription({ name, topic }))
      const missing = { name: c.name('subscriptions'), topic: c.name('topics') }
      await fails(status.NOT_FOUND, c.subscriber.createSubscription(missing))
    })

    test('a missing one is NOT_FOUND to get, delete, pull, acknowledge, modify and seek', async (c) => {
      const subscription = c.name('subscriptions')
      const ackIds = ['x']
      await fails(status.NOT_FOUND, c.subscriber.getSubscription({ subscription }))
      await fails(status.NOT_FOUND, c.subscriber.deleteSubscription({ subscription }))
      await fails(status.NOT_FOUND, c.pullNow(subscription))
      await fails(status.NOT_FOUND, c.subscriber.acknowledge({ subscription, ackIds }))
      await fails(
        status.NOT_FOUND,
        c.subscriber.modifyAckDeadline({ subscription, ackIds, ackDeadlineSeconds: 0 }),
      )
      await fails(status.NOT_FOUND, c.subscriber.seek({ subscription, time: { seconds: 1 } }))
    })

    const limits: Record<string, object> = {
      'an acknowledgement deadline of 9 s': { ackDeadlineSeconds: 9 },
      'an acknowledgement deadline of 601 s': { ackDeadlineSeconds: 601 },
      'a retention of 9 minutes': { messageRetentionDuration: { seconds: 540 } },
      'a retention of 32 days': { messageRetentionDuration: { seconds: 32 * 86_400 } },
      'a back-off of 601 s': { retryPolicy: { maximumBackoff: { seconds: 601 } } },
      'a minimum back-off above the maximum': {
        retryPolicy: { minimumBackoff: { seconds: 20 }, maximumBackoff: { seconds: 10 } },
      },
      'an expiration under a day': { expirationPolicy: { ttl: { seconds: 3600 } } },
      'a push endpoint that is no URL': { pushConfig: { pushEndpoint: 'nowhere' } },
      'a malformed name': { name: 'projects/conformance/subscriptions/1x' },
    }
    for (const [what, options] of Object.entries(limits)) {
      test(
        `${what} is INVALID_ARGUMENT`,
        async (c) => {
          const request = { name: c.name('subscriptions'), topic: await c.topic(), ...options }
          await fails(status.INVALID_ARGUMENT, c.subscriber.createSubscription(request))
        },
        'it does not check every limit',
      )
    }

    test(
      'a dead-letter policy needs 5 to 100 attempts and a topic that is there',
      async (c) => {
        const topic = await c.topic()
        const make = (deadLetterTopic: string, maxDeliveryAttempts: number): Promise<unknown> =>
          c.subscriber.createSubscription({
            name: c.name('subscriptions'),
            topic,
            deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts },
          })
        for (const attempts of [4, 101]) await fails(status.INVALID_ARGUMENT, make(topic, attempts))
        await fails(status.NOT_FOUND, make(c.name('topics'), 5))
        await fails(status.INVALID_ARGUMENT, make('dead', 5))
      },
      'it does not check them',
    )

    test(
      'a missing name is made up',
      async (c) => {
        const [made] = await c.subscriber.createSubscription({ topic: await c.topic() })
        assert.match(made.name!, /^projects\/conformance\/subscriptions\/[a-z][\w-]+$/)
        c.after(() => c.subscriber.deleteSubscription({ subscription: made.name! }))
      },
      'names made up by the server',
    )

    test(
      'an update changes whole fields and fields inside of fields',
      async (c) => {
        const dead = await c.topic()
        const { subscription: name } = await c.pair({
          deadLetterPolicy: { deadLetterTopic: dead, maxDeliveryAttempts: 7 },
        })
        const [shown] = await c.subscriber.updateSubscription({
          subscription: { name, ackDeadlineSeconds: 33, deadLetterPolicy: { maxDeliveryAttempts: 9 } },
          updateMask: { paths: ['ack_deadline_seconds', 'dead_letter_policy.max_delivery_attempts'] },
        })
        assert.equal(shown.ackDeadlineSeconds, 33)
        assert.equal(shown.deadLetterPolicy?.maxDeliveryAttempts, 9)
        assert.equal(shown.deadLetterPolicy?.deadLetterTopic, dead)
      },
      'nested paths',
    )

    test(
      'topic, filter, ordering and unknown fields cannot be updated',
      async (c) => {
        const { subscription: name } = await c.pair()
        for (const paths of [['topic'], ['filter'], ['enable_message_ordering'], ['colour'], []]) {
          await fails(
            status.INVALID_ARGUMENT,
            c.subscriber.updateSubscription({ subscription: { name }, updateMask: { paths } }),
            /mask/,
          )
        }
      },
      'it words this otherwise',
    )

    test('only messages published after it was made are delivered', async (c) => {
      const topic = await c.topic()
      await c.publish(topic, ['before'])
      const subscription = await c.subscription(topic)
      await c.publish(topic, ['after'])
      assert.deepEqual(texts(await c.pull(subscription)), ['after'])
      assert.deepEqual(await c.pullNow(subscription), [])
    })

    test('every subscription of a topic gets every message', async (c) => {
      const { topic, subscription } = await c.pair()
      const other = await c.subscription(topic)
      await c.publish(topic, ['a', 'b'])
      await c.ack(subscription, await c.pull(subscription, 2))
      assert.deepEqual(texts(await c.pull(other, 2)).sort(), ['a', 'b'])
    })

    test(
      'deleting it ends a pull that waits with NOT_FOUND',
      async (c) => {
        const { subscription } = await c.pair()
        const waiting = fails(
          status.NOT_FOUND,
          c.subscriber.pull({ subscription, maxMessages: 1 }, { timeout: 5000 }),
        )
        await sleep(200)
        await c.subscriber.deleteSubscription({ subscription })
        await waiting
      },
      'a pull that waits is left waiting',
    )

    test('one made again under its name starts empty', async (c) => {
      const { topic, subscription: name } = await c.pair()
      await c.publish(topic, ['old'])
      await c.subscriber.deleteSubscription({ subscription: name })
      await c.subscriber.createSubscription({ name, topic })
      assert.deepEqual(await c.pullNow(name), [])
    })

    test(
      'a detached one has no backlog, cannot be pulled and is not listed',
      async (c) => {
        const { topic, subscription } = await c.pair()
        await c.publish(topic, ['dropped'])
        await c.publisher.detachSubscription({ subscription })
        await fails(status.FAILED_PRECONDITION, c.pullNow(subscription), /detached/)
        const [shown] = await c.subscriber.getSubscription({ subscription })
        assert.equal(shown.detached, true)
        const [names] = await c.publisher.listTopicSubscriptions({ topic })
        assert.deepEqual(names, [])
        assert.equal((await c.stats(subscription)).backlog, 0)
      },
      'statistics',
    )

    test('lists hold the subscriptions of the project only', async (c) => {
      const topic = await c.topic()
      const own = `listing-${c.name('topics').slice(-8)}`
      const mine = [await c.subscription(topic, {}, own), await c.subscription(topic, {}, own)]
      await c.subscription(topic)
      const [listed] = await c.subscriber.listSubscriptions({ project: `projects/${own}` })
      assert.deepEqual(listed.map(({ name }) => name).sort(), mine.sort())
    })

    test(
      'what the emulator does not have is UNIMPLEMENTED',
      async (c) => {
        const request = { name: c.name('subscriptions'), topic: await c.topic() }
        const bigqueryConfig = { table: 'p.d.t' }
        await fails(
          status.UNIMPLEMENTED,
          c.subscriber.createSubscription({ ...request, bigqueryConfig }),
          /bigquery_config/,
        )
      },
      'it ignores what it does not have',
    )
  })
}
