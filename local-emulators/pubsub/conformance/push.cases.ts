import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { status } from '@grpc/grpc-js'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { dataOf, Endpoint, envelope } from './endpoint.ts'
import { type Bench, type Case, conforms, fails, sleep, texts, until } from './harness.ts'

/** Push: the request, its signature, and what its answer means. */
export function pushCases(bench: () => Bench): void {
  const test = (name: string, run: (c: Case) => Promise<void>, ours?: string): void =>
    conforms(bench, name, run, ours)

  describe('push', { concurrency: 8 }, () => {
    test('the envelope holds the message under both spellings, and the subscription', async (c) => {
      const endpoint = await Endpoint.start(c)
      const { topic, subscription } = await c.pair({ pushConfig: { pushEndpoint: endpoint.url } })
      const [id] = await c.publish(topic, [
        { data: Buffer.from('häl'), attributes: { a: 'b' }, orderingKey: 'k' },
      ])
      const [push] = await endpoint.expect(1)
      const sent = envelope(push!)
      assert.match(push!.headers['content-type']!, /^application\/json/)
      assert.equal(sent.subscription, subscription)
      assert.equal(dataOf(push!), 'häl')
      assert.deepEqual(sent.message.attributes, { a: 'b' })
      assert.deepEqual([sent.message.messageId, sent.message.message_id], [id, id])
      assert.equal(sent.message.publishTime, sent.message.publish_time)
      assert.ok(Math.abs(Date.parse(String(sent.message.publishTime)) - Date.now()) < 10_000)
      assert.equal(sent.message.orderingKey, 'k')
      assert.ok(!('deliveryAttempt' in sent))
    })

    for (const code of [102, 200, 201, 202, 204]) {
      test(
        `status ${code} acknowledges`,
        async (c) => {
          const endpoint = await Endpoint.start(c, () => code)
          const { topic, subscription } = await c.pair({ pushConfig: { pushEndpoint: endpoint.url } })
          await c.publish(topic, ['x'])
          await until(async () => (await c.stats(subscription)).acked === 1, 'an acknowledgement')
          await sleep(300)
          assert.equal(endpoint.pushes.length, 1)
        },
        'statistics',
      )
    }

    for (const code of [203, 301, 400, 404, 429, 500, 503]) {
      test(
        `status ${code} brings the message again`,
        async (c) => {
          const endpoint = await Endpoint.start(c, (_, index) => (index === 0 ? code : 204))
          const { topic } = await c.pair({ pushConfig: { pushEndpoint: endpoint.url } })
          await c.publish(topic, ['x'])
          const pushes = await endpoint.expect(2)
          assert.equal(envelope(pushes[0]!).message.messageId, envelope(pushes[1]!).message.messageId)
        },
        'it takes more statuses for success',
      )
    }

    test(
      'an endpoint that is not there is tried again',
      async (c) => {
        const gone = await Endpoint.start(c)
        const url = gone.url
        const { topic, subscription } = await c.pair({ pushConfig: { pushEndpoint: 'http://127.0.0.1:1/' } })
        await c.publish(topic, ['x'])
        await until(async () => (await c.stats(subscription)).nacked >= 2, 'two failures')
        await c.subscriber.modifyPushConfig({ subscription, pushConfig: { pushEndpoint: url } })
        assert.equal(dataOf((await gone.expect(1))[0]!), 'x')
      },
      'statistics',
    )

    test('no answer within the deadline brings the message again', async (c) => {
      const endpoint = await Endpoint.start(c, (_, index) => (index === 0 ? undefined : 204))
      const { topic } = await c.pair({ pushConfig: { pushEndpoint: endpoint.url }, ackDeadlineSeconds: 10 })
      await c.publish(topic, ['x'])
      const [first, second] = await endpoint.expect(2, 15_000)
      const waited = second!.at - first!.at
      assert.ok(waited >= 9900 && waited < 13_000, `after ${waited} ms`)
    })

    test(
      'a token is signed by the published key, for the account and the audience',
      async (c) => {
        const endpoint = await Endpoint.start(c)
        const oidcToken = { serviceAccountEmail: 'push@conformance.iam', audience: 'my-service' }
        const { topic } = await c.pair({ pushConfig: { pushEndpoint: endpoint.url, oidcToken } })
        await c.publish(topic, ['x'])
        const [push] = await endpoint.expect(1)
        const discovery = await fetch(`${c.bench.httpUrl}/.well-known/openid-configuration`)
        const { jwks_uri, issuer } = (await discovery.json()) as { jwks_uri: string; issuer: string }
        const keys = createRemoteJWKSet(new URL(jwks_uri))
        const token = push!.headers.authorization!.replace('Bearer ', '')
        const checks = {
          issuer: 'https://accounts.google.com',
          audience: 'my-service',
          algorithms: ['RS256'],
        }
        const { payload } = await jwtVerify(token, keys, checks)
        assert.equal(issuer, 'https://accounts.google.com')
        assert.equal(payload.email, 'push@conformance.iam')
        assert.equal(payload.email_verified, true)
        assert.ok(payload.exp! - payload.iat! === 3600 && Math.abs(payload.iat! - Date.now() / 1000) < 60)
        await assert.rejects(jwtVerify(`${token.slice(0, -8)}AAAAAAAA`, keys, checks))
      },
      'OIDC tokens',
    )

    test(
      'without an audience the token is for the endpoint, without an account it is refused',
      async (c) => {
        const endpoint = await Endpoint.start(c)
        const oidcToken = { serviceAccountEmail: 'push@conformance.iam' }
        const { topic } = await c.pair({ pushConfig: { pushEndpoint: endpoint.url, oidcToken } })
        await c.publish(topic, ['x'])
        const [push] = await endpoint.expect(1)
        const claims = push!.headers.authorization!.split('.')[1]!
        assert.equal(JSON.parse(Buffer.from(claims, 'base64url').toString()).aud, endpoint.url)
        const pushConfig = { pushEndpoint: endpoint.url, oidcToken: { audience: 'a' } }
        const request = { name: c.name('subscriptions'), topic, pushConfig }
        await fails(status.INVALID_ARGUMENT, c.subscriber.createSubscription(request))
      },
      'OIDC tokens',
    )

    test('without OIDC there is no Authorization header', async (c) => {
      const endpoint = await Endpoint.start(c)
      const { topic } = await c.pair({ pushConfig: { pushEndpoint: endpoint.url } })
      await c.publish(topic, ['x'])
      assert.equal((await endpoint.expect(1))[0]!.headers.authorization, undefined)
    })

    test(
      'the delivery attempt counts up with a dead-letter policy, then the message moves',
      async (c) => {
        const endpoint = await Endpoint.start(c, () => 500)
        const { topic: deadLetterTopic, subscription: dead } = await c.pair()
        const { topic } = await c.pair({
          pushConfig: { pushEndpoint: endpoint.url },
          deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts: 5 },
          retryPolicy: { minimumBackoff: { nanos: 1e7 }, maximumBackoff: { nanos: 2e7 } },
        })
        await c.publish(topic, ['poison'])
        assert.deepEqual(texts(await c.pull(dead)), ['poison'])
        assert.deepEqual(
          endpoint.pushes.map((push) => envelope(push).deliveryAttempt),
          [1, 2, 3, 4, 5],
        )
      },
      'dead letters of pushes',
    )

    test(
      'without the wrapper the body is the data, with metadata as headers when asked',
      async (c) => {
        const endpoint = await Endpoint.start(c)
        const topic = await c.topic()
        const pushEndpoint = endpoint.url
        const subscription = await c.subscription(topic, {
          pushConfig: { pushEndpoint, noWrapper: { writeMetadata: true } },
        })
        const attributes = {
          'Content-Type': 'text/x-hl7',
          ward: 'icu',
          'bad name': 'x',
          'Content-Length': '3',
        }
        const [id] = await c.publish(topic, [{ data: Buffer.from('MSH|'), attributes, orderingKey: 'k' }])
        const [push] = await endpoint.expect(1)
        const headers = push!.headers as Record<string, string>
        assert.equal(push!.body.toString(), 'MSH|')
        assert.equal(headers['content-type'], 'text/x-hl7')
        assert.equal(headers.ward, 'icu')
        assert.equal(headers['x-goog-pubsub-message-id'], id)
        assert.equal(headers['x-goog-pubsub-subscription-name'], subscription)
        assert.equal(headers['x-goog-pubsub-ordering-key'], 'k')
        assert.ok(Date.parse(headers['x-goog-pubsub-publish-time']!) > 0)
      },
      'unwrapped push',
    )

    test(
      'without the wrapper and metadata nothing else is sent',
      async (c) => {
        const endpoint = await Endpoint.start(c)
        const { topic } = await c.pair({
          pushConfig: { pushEndpoint: endpoint.url, noWrapper: { writeMetadata: false } },
        })
        await c.publish(topic, [{ data: Buffer.from('raw'), attributes: { ward: 'icu' } }])
        const [push] = await endpoint.expect(1)
        assert.equal(push!.body.toString(), 'raw')
        assert.equal(push!.headers.ward, undefined)
        assert.equal(push!.headers['x-goog-pubsub-message-id'], undefined)
      },
      'unwrapped push',
    )

    test(
      'a pushing subscription cannot be pulled; with an empty configuration it can, and stops pushing',
      async (c) => {
        const endpoint = await Endpoint.start(c, () => 500)
        const { topic, subscription } = await c.pair({ pushConfig: { pushEndpoint: endpoint.url } })
        await fails(status.FAILED_PRECONDITION, c.pullNow(subscription))
        await c.subscriber.modifyPushConfig({ subscription, pushConfig: {} })
        await c.publish(topic, ['pulled'])
        assert.deepEqual(texts(await c.pull(subscription)), ['pulled'])
        assert.equal(endpoint.pushes.length, 0)
      },
      'it lets pushing subscriptions be pulled',
    )
  })
}
