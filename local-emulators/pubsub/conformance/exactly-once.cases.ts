import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { AckError, type Message } from '@google-cloud/pubsub'
import { status } from '@grpc/grpc-js'
import { type Bench, type Case, conforms, fails, sleep, until } from './harness.ts'
import { RawStream } from './raw-stream.ts'

interface Confirmation {
  acknowledgeConfirmation: { ackIds: string[]; invalidAckIds: string[] } | null
}

/** Exactly-once delivery: confirmed acknowledgements, void ones refused. */
export function exactlyOnceCases(bench: () => Bench): void {
  const ours = 'exactly-once delivery'
  const test = (name: string, run: (c: Case) => Promise<void>): void => conforms(bench, name, run, ours)
  const options = { enableExactlyOnceDelivery: true }

  describe('exactly-once delivery', { concurrency: 8 }, () => {
    test('the official client gets its acknowledgement confirmed', async (c) => {
      const { topic, subscription: name } = await c.pair(options)
      const subscription = c.bench.pubsub.subscription(name)
      const confirmed: string[] = []
      subscription.on('message', async (message: Message) => {
        confirmed.push(await message.ackWithResponse())
      })
      await c.publish(topic, ['a'])
      await until(() => confirmed.length === 1, 'a confirmation')
      await subscription.close()
      assert.deepEqual(confirmed, ['SUCCESS'])
    })

    test('the official client is told that its acknowledgement is void', async (c) => {
      const { topic, subscription: name } = await c.pair(options)
      const subscription = c.bench.pubsub.subscription(name)
      const errors: unknown[] = []
      subscription.on('message', async (message: Message) => {
        if (errors.length > 0) return
        await c.subscriber.acknowledge({ subscription: name, ackIds: [message.ackId] })
        await message.ackWithResponse().catch((error: unknown) => errors.push(error))
      })
      await c.publish(topic, ['a'])
      await until(() => errors.length === 1, 'a refusal')
      await subscription.close()
      assert.ok(errors[0] instanceof AckError)
      assert.equal(errors[0].errorCode, 'INVALID')
    })

    test('acknowledging after the deadline is FAILED_PRECONDITION and the message comes again', async (c) => {
      const { topic, subscription } = await c.pair(options)
      await c.publish(topic, ['a'])
      const received = await c.pull(subscription)
      await c.modify(subscription, received, 1)
      await sleep(1400)
      const error = await fails(status.FAILED_PRECONDITION, c.ack(subscription, received))
      const info = (error as unknown as { errorInfoMetadata: Record<string, string> }).errorInfoMetadata
      assert.deepEqual(info, { [received[0]!.ackId!]: 'PERMANENT_FAILURE_INVALID_ACK_ID' })
      assert.equal((await c.pull(subscription)).length, 1)
    })

    test('the valid ids of a mixed request count', async (c) => {
      const { topic, subscription } = await c.pair(options)
      await c.publish(topic, ['a'])
      const [received] = await c.pull(subscription)
      const ackIds = ['nonsense', received!.ackId!]
      await fails(status.FAILED_PRECONDITION, c.subscriber.acknowledge({ subscription, ackIds }))
      assert.equal((await c.stats(subscription)).backlog, 0)
    })

    test('a void extension is FAILED_PRECONDITION', async (c) => {
      const { topic, subscription } = await c.pair(options)
      await c.publish(topic, ['a'])
      const received = await c.pull(subscription)
      await c.ack(subscription, received)
      await fails(status.FAILED_PRECONDITION, c.modify(subscription, received, 30))
    })

    test('thousands of void ids at once are FAILED_PRECONDITION too', async (c) => {
      const { subscription } = await c.pair(options)
      const ackIds = Array.from({ length: 3000 }, (_, i) => `nonsense-of-some-length-${i}`)
      await fails(status.FAILED_PRECONDITION, c.subscriber.acknowledge({ subscription, ackIds }))
    })

    test('the stream confirms the valid and names the invalid ids', async (c) => {
      const { topic, subscription } = await c.pair(options)
      await c.publish(topic, ['a'])
      const stream = RawStream.on(c, subscription)
      const [received] = await stream.expect(1)
      stream.write({ ackIds: [received!.ackId, 'nonsense'] })
      const confirmations = (): Confirmation[] =>
        (stream.responses as unknown as Confirmation[]).filter((one) => one.acknowledgeConfirmation)
      await until(() => confirmations().length > 0, 'a confirmation')
      const { ackIds, invalidAckIds } = confirmations()[0]!.acknowledgeConfirmation!
      assert.deepEqual([ackIds, invalidAckIds], [[received!.ackId], ['nonsense']])
    })

    test('together with push it is INVALID_ARGUMENT', async (c) => {
      const request = {
        name: c.name('subscriptions'),
        topic: await c.topic(),
        ...options,
        pushConfig: { pushEndpoint: 'http://127.0.0.1:9/' },
      }
      await fails(status.INVALID_ARGUMENT, c.subscriber.createSubscription(request), /exactly-once/i)
    })
  })
}
