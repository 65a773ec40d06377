import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { status } from '@grpc/grpc-js'
import { type Bench, type Case, conforms, fails, type SentMessage } from './harness.ts'

const attributes = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, 'v']))

/** Publishing: what is refused, and what arrives. */
export function publishCases(bench: () => Bench): void {
  const test = (name: string, run: (c: Case) => Promise<void>, ours?: string): void =>
    conforms(bench, name, run, ours)
  const refused = (name: string, messages: SentMessage[], text: RegExp, ours?: string): void =>
    test(
      `${name} is INVALID_ARGUMENT`,
      async (c) => {
        await fails(status.INVALID_ARGUMENT, c.publish(await c.topic(), messages), text)
      },
      ours,
    )
  const accepted = (name: string, messages: SentMessage[]): void =>
    test(`${name} is accepted`, async (c) => {
      assert.equal((await c.publish(await c.topic(), messages)).length, messages.length)
    })
  const data = Buffer.from('x')
  const unchecked = 'it does not check this limit'

  describe('publish', { concurrency: 8 }, () => {
    test('every message gets an id of its own', async (c) => {
      const ids = await c.publish(await c.topic(), ['a', 'b', 'c'])
      assert.equal(new Set(ids).size, 3)
      for (const id of ids) assert.match(id, /^\d+$/)
    })

    test('data, attributes, key, id and time arrive unchanged', async (c) => {
      const { topic, subscription } = await c.pair()
      const sent = {
        data: Buffer.from([0, 255, 128]),
        attributes: { 'ä€': '😀', empty: '' },
        orderingKey: 'k',
      }
      const before = Date.now()
      const [id] = await c.publish(topic, [sent])
      const [received] = await c.pull(subscription)
      const message = received!.message!
      assert.deepEqual(Buffer.from(message.data as Uint8Array), sent.data)
      assert.deepEqual({ ...message.attributes }, sent.attributes)
      assert.equal(message.orderingKey, 'k')
      assert.equal(message.messageId, id)
      const time = Number(message.publishTime!.seconds) * 1000 + Number(message.publishTime!.nanos) / 1e6
      assert.ok(time >= before - 1000 && time <= Date.now() + 1000)
    })

    test('the official client batches and gets every id', async (c) => {
      const { topic, subscription } = await c.pair()
      const publisher = c.bench.pubsub.topic(topic)
      const ids = await Promise.all(
        Array.from({ length: 250 }, (_, i) => publisher.publishMessage({ data: Buffer.from(String(i)) })),
      )
      const received = await c.pull(subscription, 250)
      assert.deepEqual(new Set(received.map(({ message }) => message!.messageId)), new Set(ids))
    })

    refused('no message', [], /message_count|messages/i)
    refused('a message with neither data nor attributes', [{ data: Buffer.alloc(0) }], /empty/i)
    refused('1,001 messages', Array(1001).fill({ data }), /message_count/, unchecked)
    refused('101 attributes', [{ data, attributes: attributes(101) }], /attribute_count/, unchecked)
    refused(
      'a key of 257 bytes',
      [{ data, attributes: { [`${'é'.repeat(128)}x`]: '' } }],
      /attribute_key_size/,
      unchecked,
    )
    refused('an empty key', [{ data, attributes: { '': 'x' } }], /attribute_key_size/, unchecked)
    refused(
      'a value of 1,025 bytes',
      [{ data, attributes: { k: 'v'.repeat(1025) } }],
      /attribute_value_size/,
      unchecked,
    )
    refused('a key that begins with goog', [{ data, attributes: { google: 'x' } }], /goog/, unchecked)
    refused(
      'an ordering key of 1,025 bytes',
      [{ data, orderingKey: 'k'.repeat(1025) }],
      /ordering_key/,
      unchecked,
    )
    refused(
      'two ordering keys in one request',
      [
        { data, orderingKey: 'a' },
        { data, orderingKey: 'b' },
      ],
      /ordering key/,
      unchecked,
    )
    refused('data of 10,000,001 bytes', [{ data: Buffer.alloc(10_000_001) }], /message_size/, unchecked)
    refused(
      'a request over 10 MB',
      Array(3).fill({ data: Buffer.alloc(4_000_000) }),
      /request_size/,
      unchecked,
    )
    accepted('data of 10,000,000 bytes', [{ data: Buffer.alloc(10_000_000) }])
    accepted('1,000 messages', Array(1000).fill({ data }))
    accepted('attributes at every limit', [
      { attributes: { ...attributes(99), ['k'.repeat(256)]: 'v'.repeat(1024) } },
    ])
    accepted('a trace attribute of the client', [{ attributes: { googclient_traceparent: '00-1-2-01' } }])

    test('a message of 10 MB arrives whole', async (c) => {
      const { topic, subscription } = await c.pair()
      await c.publish(topic, [{ data: Buffer.alloc(9_999_000, 7) }])
      const [received] = await c.pull(subscription)
      assert.equal(received!.message!.data!.length, 9_999_000)
    })

    test(
      'an error never repeats the data',
      async (c) => {
        const topic = await c.topic()
        const secret = 'patient-4711'
        const error = await fails(
          status.INVALID_ARGUMENT,
          c.publish(topic, [
            { data: Buffer.from(secret), attributes: { goog: secret, ['z'.repeat(300)]: secret } },
          ]),
        )
        assert.ok(!error.message.includes(secret))
      },
      unchecked,
    )
  })
}
