import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { status } from '@grpc/grpc-js'
import { type Bench, type Case, conforms, fails, sleep, texts } from './harness.ts'

const time = (ms: number): object => ({
  seconds: Math.floor(ms / 1000),
  nanos: Math.floor((ms % 1000) * 1e6),
})

async function snapshotOf(c: Case, subscription: string, options: object = {}): Promise<string> {
  const name = c.name('snapshots')
  await c.subscriber.createSnapshot({ name, subscription, ...options })
  c.after(() => c.subscriber.deleteSnapshot({ snapshot: name }))
  return name
}

/** Seek to a time and to a snapshot; snapshots. */
export function seekCases(bench: () => Bench): void {
  const test = (name: string, run: (c: Case) => Promise<void>, ours?: string): void =>
    conforms(bench, name, run, ours)

  describe('seek', { concurrency: 8 }, () => {
    test('to a time in the future acknowledges everything', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['a', 'b'])
      await c.pullNow(subscription, 1)
      await c.subscriber.seek({ subscription, time: time(Date.now() + 60_000) })
      assert.deepEqual(await c.pullNow(subscription), [])
      await c.publish(topic, ['new'])
      assert.deepEqual(texts(await c.pull(subscription)), ['new'])
    })

    test('back redelivers what was acknowledged, when that is retained', async (c) => {
      const { topic, subscription } = await c.pair({ retainAckedMessages: true })
      const start = Date.now() - 1000
      await c.publish(topic, ['a', 'b'])
      await c.ack(subscription, await c.pull(subscription, 2))
      await c.subscriber.seek({ subscription, time: time(start) })
      assert.deepEqual(texts(await c.pull(subscription, 2)).sort(), ['a', 'b'])
    })

    test('back to a moment between two messages redelivers the later one only', async (c) => {
      const { topic, subscription } = await c.pair({ retainAckedMessages: true })
      await c.publish(topic, ['early'])
      await sleep(50)
      const between = Date.now()
      await sleep(50)
      await c.publish(topic, ['late'])
      await c.ack(subscription, await c.pull(subscription, 2))
      await c.subscriber.seek({ subscription, time: time(between) })
      assert.deepEqual(texts(await c.pull(subscription)), ['late'])
      assert.deepEqual(await c.pullNow(subscription), [])
    })

    test('back brings nothing that is not retained', async (c) => {
      const { topic, subscription } = await c.pair()
      const start = Date.now() - 1000
      await c.publish(topic, ['a'])
      await c.ack(subscription, await c.pull(subscription))
      await c.subscriber.seek({ subscription, time: time(start) })
      await sleep(200)
      assert.deepEqual(await c.pullNow(subscription), [])
    })

    test(
      'back works on a topic with retention, even to before the subscription',
      async (c) => {
        const topic = await c.topic({ messageRetentionDuration: { seconds: 600 } })
        const start = Date.now() - 1000
        await c.publish(topic, [{ data: Buffer.from('before'), attributes: { in: '1' } }, 'filtered'])
        const subscription = await c.subscription(topic, { filter: 'attributes:in' })
        const [shown] = await c.subscriber.getSubscription({ subscription })
        assert.equal(Number(shown.topicMessageRetentionDuration?.seconds), 600)
        assert.deepEqual(await c.pullNow(subscription), [])
        await c.subscriber.seek({ subscription, time: time(start) })
        assert.deepEqual(texts(await c.pull(subscription)), ['before'])
        assert.deepEqual(await c.pullNow(subscription), [])
      },
      'topic retention',
    )

    test(
      'keeps the order of keys',
      async (c) => {
        const { topic, subscription } = await c.pair({
          retainAckedMessages: true,
          enableMessageOrdering: true,
        })
        const start = Date.now() - 1000
        await c.publish(
          topic,
          ['1', '2', '3'].map((text) => ({ data: Buffer.from(text), orderingKey: 'k' })),
        )
        await c.ack(subscription, await c.pull(subscription, 2))
        await c.subscriber.seek({ subscription, time: time(start) })
        assert.deepEqual(texts(await c.pullNow(subscription, 10)), ['1', '2', '3'])
      },
      'order after a seek',
    )

    test('to a snapshot restores what was unacknowledged then, and what came since', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['done'])
      await c.ack(subscription, await c.pull(subscription))
      await c.publish(topic, ['open'])
      const snapshot = await snapshotOf(c, subscription)
      await c.publish(topic, ['since'])
      await c.ack(subscription, await c.pull(subscription, 2))
      await c.subscriber.seek({ subscription, snapshot })
      assert.deepEqual(texts(await c.pull(subscription, 2)).sort(), ['open', 'since'])
      assert.deepEqual(await c.pullNow(subscription), [])
    })

    test('of another subscription of the topic to a snapshot', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['a'])
      const snapshot = await snapshotOf(c, subscription)
      const other = await c.subscription(topic)
      await c.subscriber.seek({ subscription: other, snapshot })
      assert.deepEqual(texts(await c.pull(other)), ['a'])
    })

    test(
      'to a snapshot of another topic is FAILED_PRECONDITION, to a missing one NOT_FOUND',
      async (c) => {
        const { subscription } = await c.pair()
        const foreigner = await c.pair()
        const snapshot = await snapshotOf(c, foreigner.subscription)
        await fails(status.FAILED_PRECONDITION, c.subscriber.seek({ subscription, snapshot }))
        const missing = c.name('snapshots')
        await fails(status.NOT_FOUND, c.subscriber.seek({ subscription, snapshot: missing }))
        await fails(status.INVALID_ARGUMENT, c.subscriber.seek({ subscription }))
      },
      'it answers otherwise',
    )

    test(
      'voids the acknowledgement ids given out before',
      async (c) => {
        const { topic, subscription } = await c.pair({ retainAckedMessages: true })
        const start = Date.now() - 1000
        await c.publish(topic, ['a'])
        const received = await c.pull(subscription)
        await c.ack(subscription, received)
        await c.subscriber.seek({ subscription, time: time(start) })
        await c.ack(subscription, received)
        assert.deepEqual(texts(await c.pull(subscription)), ['a'])
      },
      'it acknowledges by message',
    )

    test(
      'snapshots: made, shown, listed, labelled, deleted',
      async (c) => {
        const { topic, subscription } = await c.pair()
        const name = await snapshotOf(c, subscription, { labels: { a: 'b' } })
        const [shown] = await c.subscriber.getSnapshot({ snapshot: name })
        assert.equal(shown.topic, topic)
        assert.deepEqual(shown.labels, { a: 'b' })
        const left = Number(shown.expireTime?.seconds) - Date.now() / 1000
        assert.ok(left > 7 * 86_400 - 60 && left <= 7 * 86_400)
        await fails(status.ALREADY_EXISTS, c.subscriber.createSnapshot({ name, subscription }))
        const [updated] = await c.subscriber.updateSnapshot({
          snapshot: { name, labels: { c: 'd' } },
          updateMask: { paths: ['labels'] },
        })
        assert.deepEqual(updated.labels, { c: 'd' })
        const [listed] = await c.subscriber.listSnapshots({ project: 'projects/conformance' })
        assert.ok(listed.some((one) => one.name === name))
        await c.subscriber.deleteSnapshot({ snapshot: name })
        await fails(status.NOT_FOUND, c.subscriber.getSnapshot({ snapshot: name }))
        await fails(status.NOT_FOUND, c.subscriber.deleteSnapshot({ snapshot: name }))
      },
      'GetSnapshot',
    )
  })
}
