import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { status } from '@grpc/grpc-js'
import { type Bench, type Case, conforms, fails, texts } from './harness.ts'

/** Topics: names, labels, paging, updates, deletion. */
export function topicCases(bench: () => Bench): void {
  const test = (name: string, run: (c: Case) => Promise<void>, ours?: string): void =>
    conforms(bench, name, run, ours)

  describe('topics', { concurrency: 8 }, () => {
    test('a topic comes back as it was made', async (c) => {
      const name = await c.topic({ labels: { ward: 'icu' }, messageRetentionDuration: { seconds: 3600 } })
      const [topic] = await c.publisher.getTopic({ topic: name })
      assert.deepEqual(topic.labels, { ward: 'icu' })
      assert.equal(Number(topic.messageRetentionDuration?.seconds), 3600)
    })

    test('a second topic of a name is ALREADY_EXISTS', async (c) => {
      const name = await c.topic()
      await fails(status.ALREADY_EXISTS, c.publisher.createTopic({ name }))
    })

    test('a missing topic is NOT_FOUND to get, update, delete, list and publish', async (c) => {
      const topic = c.name('topics')
      await fails(status.NOT_FOUND, c.publisher.getTopic({ topic }))
      await fails(status.NOT_FOUND, c.publisher.deleteTopic({ topic }))
      await fails(status.NOT_FOUND, c.publish(topic, ['x']))
      await fails(status.NOT_FOUND, c.publisher.listTopicSubscriptions({ topic }))
      const update = { topic: { name: topic, labels: {} }, updateMask: { paths: ['labels'] } }
      await fails(status.NOT_FOUND, c.publisher.updateTopic(update))
    })

    for (const id of ['ab', '1abc', 'googabc', 'a b c', 'with*star', 'x'.repeat(256)]) {
      test(`the topic id ${id.slice(0, 12)} is INVALID_ARGUMENT`, async (c) => {
        await fails(
          status.INVALID_ARGUMENT,
          c.publisher.createTopic({ name: `projects/conformance/topics/${id}` }),
          /name/i,
        )
      })
    }

    test('ids may hold every allowed character and be 3 or 255 long', async (c) => {
      const unique = c.name('topics').slice(-10)
      for (const id of [`a-_.~+%${unique}`, `${unique}`.replace(/^./, 'b').padEnd(255, 'x')]) {
        const name = `projects/conformance/topics/${id}`
        c.after(() => c.publisher.deleteTopic({ topic: name }))
        const [topic] = await c.publisher.createTopic({ name })
        assert.equal(topic.name, name)
      }
    })

    test('lists page in order, without gaps', async (c) => {
      const own = `paging-${c.name('topics').slice(-8)}`
      const names = await Promise.all(Array.from({ length: 5 }, () => c.topic({}, own)))
      const seen: string[] = []
      let pageToken = ''
      do {
        const [topics, , response] = await c.publisher.listTopics(
          { project: `projects/${own}`, pageSize: 2, pageToken },
          { autoPaginate: false },
        )
        assert.ok(topics.length <= 2)
        seen.push(...topics.map(({ name }) => name!))
        pageToken = response?.nextPageToken ?? ''
      } while (pageToken)
      assert.deepEqual(seen, names.sort())
    })

    test(
      'a bad page token or size is INVALID_ARGUMENT',
      async (c) => {
        const project = 'projects/conformance'
        const options = { autoPaginate: false }
        await fails(status.INVALID_ARGUMENT, c.publisher.listTopics({ project, pageToken: '?' }, options))
        await fails(status.INVALID_ARGUMENT, c.publisher.listTopics({ project, pageSize: -1 }, options))
      },
      'it does not check them',
    )

    test('an update changes the fields of its mask only', async (c) => {
      const name = await c.topic({ labels: { a: 'one' } })
      const [topic] = await c.publisher.updateTopic({
        topic: { name, labels: { a: 'two' }, messageRetentionDuration: { seconds: 600 } },
        updateMask: { paths: ['message_retention_duration'] },
      })
      assert.deepEqual(topic.labels, { a: 'one' })
      assert.equal(Number(topic.messageRetentionDuration?.seconds), 600)
    })

    test('an update with no, an unknown or an immutable field is INVALID_ARGUMENT', async (c) => {
      const name = await c.topic()
      for (const paths of [[], ['colour'], ['name']]) {
        await fails(
          status.INVALID_ARGUMENT,
          c.publisher.updateTopic({ topic: { name }, updateMask: { paths } }),
          /mask/,
        )
      }
    })

    test('retention outside 10 minutes to 31 days is INVALID_ARGUMENT', async (c) => {
      for (const seconds of [599, 31 * 86_400 + 1]) {
        const request = { name: c.name('topics'), messageRetentionDuration: { seconds } }
        await fails(status.INVALID_ARGUMENT, c.publisher.createTopic(request), /retention/)
      }
    })

    test(
      'labels outside the rules are INVALID_ARGUMENT',
      async (c) => {
        for (const labels of [{ Upper: 'x' }, { ok: 'NotOk' }, { '1digit': 'x' }]) {
          await fails(
            status.INVALID_ARGUMENT,
            c.publisher.createTopic({ name: c.name('topics'), labels }),
            /label/,
          )
        }
      },
      'it does not check them',
    )

    test('a deleted topic leaves its subscriptions with their backlog', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, ['left'])
      await c.publisher.deleteTopic({ topic })
      const [shown] = await c.subscriber.getSubscription({ subscription })
      assert.equal(shown.topic, '_deleted-topic_')
      assert.deepEqual(texts(await c.pull(subscription)), ['left'])
    })

    test('a topic made again is a new one without the old subscriptions', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publisher.deleteTopic({ topic })
      await c.publisher.createTopic({ name: topic })
      await c.publish(topic, ['new'])
      assert.deepEqual(await c.pullNow(subscription), [])
      const [names] = await c.publisher.listTopicSubscriptions({ topic })
      assert.deepEqual(names, [])
    })

    test(
      'a topic lists its subscriptions and snapshots',
      async (c) => {
        const { topic, subscription } = await c.pair()
        const other = await c.subscription(topic)
        const snapshot = c.name('snapshots')
        await c.subscriber.createSnapshot({ name: snapshot, subscription })
        c.after(() => c.subscriber.deleteSnapshot({ snapshot }))
        const [subscriptions] = await c.publisher.listTopicSubscriptions({ topic })
        assert.deepEqual(subscriptions, [subscription, other].sort())
        const [snapshots] = await c.publisher.listTopicSnapshots({ topic })
        assert.deepEqual(snapshots, [snapshot])
      },
      'ListTopicSnapshots',
    )
  })
}
