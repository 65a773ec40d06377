import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { status } from '@grpc/grpc-js'
import { Broker } from './broker.ts'
import { Chaos } from './chaos.ts'
import { HttpPoster } from './http-post.ts'
import { OidcSigner } from './oidc.ts'
import { pullNow } from './pull.ts'
import type { Subscription } from './subscription.ts'
import { day, fromMs, hour, minute } from './time.ts'

const topic = 'projects/p/topics/topic'
const name = 'projects/p/subscriptions/sub'
const signer = await OidcSigner.create()
const start = 1_700_000_000_000

let now = start
let broker: Broker

const publish = (text: string): string[] =>
  broker.publish(topic, [{ data: Buffer.from(text), attributes: {} }])
const subscribe = (options: object = {}): Subscription =>
  broker.createSubscription({ name, topic, ...options })
const pulled = (subscription: Subscription): number => pullNow(subscription, 100).length

function acknowledgeAll(subscription: Subscription): void {
  for (const { message, lease } of pullNow(subscription, 100)) subscription.queue.ack(message.seq, lease)
}

describe('broker on a clock of its own', () => {
  beforeEach(() => {
    now = start
    const clock = { now: () => now }
    const poster = new HttpPoster(1)
    const pace = { initialWindow: 1, maxWindow: 1, onFailure: () => {} }
    broker = new Broker({
      clock,
      chaos: new Chaos(),
      maxBytes: 1e6,
      push: { clock, poster, signer, ...pace },
    })
    broker.createTopic({ name: topic })
  })
  afterEach(() => broker.stop())

  it('a seek to the very time of a message keeps it, a millisecond later does not', () => {
    const subscription = subscribe({ retainAckedMessages: true })
    publish('x')
    acknowledgeAll(subscription)
    broker.snapshots.seekToTime(subscription, start + 1)
    assert.equal(pulled(subscription), 0)
    broker.snapshots.seekToTime(subscription, start)
    assert.equal(pulled(subscription), 1)
  })

  it('unacknowledged messages go after the retention of the subscription', () => {
    const subscription = subscribe({ messageRetentionDuration: fromMs(10 * minute) })
    publish('x')
    now += 10 * minute
    broker.sweep()
    assert.equal(subscription.queue.backlog, 1)
    now += 1
    broker.sweep()
    assert.equal(subscription.queue.backlog, 0)
    assert.equal(broker.stats().bytesUsed, 0)
  })

  it('or of the topic, when that is longer', () => {
    broker.updateTopic({ name: topic, messageRetentionDuration: fromMs(hour) }, [
      'message_retention_duration',
    ])
    const subscription = subscribe({ messageRetentionDuration: fromMs(10 * minute) })
    publish('x')
    now += 30 * minute
    broker.sweep()
    assert.equal(subscription.queue.backlog, 1)
    now += 31 * minute
    broker.sweep()
    assert.equal(broker.stats().bytesUsed, 0)
  })

  it('an unused subscription expires, a used one or one that never expires does not', () => {
    const used = subscribe({ expirationPolicy: { ttl: fromMs(day) } })
    const forever = `${name}-forever`
    subscribe({ name: forever, expirationPolicy: {} })
    now += day
    used.touch()
    now += day
    broker.sweep()
    assert.equal(broker.subscription(name), used)
    now += 400 * day
    broker.sweep()
    assert.throws(() => broker.subscription(name), { code: status.NOT_FOUND })
    assert.equal(broker.subscription(forever).name, forever)
  })

  it('a snapshot lives 7 days less the age of the backlog, and is refused under an hour', () => {
    const subscription = subscribe({ messageRetentionDuration: fromMs(31 * day) })
    publish('old')
    now += 3 * day
    const snapshot = broker.snapshots.create('projects/p/snapshots/one', subscription, {})
    assert.equal(snapshot.expireMs, now + 4 * day)
    now += 4 * day
    broker.sweep()
    assert.throws(() => broker.snapshots.get(snapshot.name), { code: status.NOT_FOUND })
    assert.throws(() => broker.snapshots.create('', subscription, {}), { code: status.FAILED_PRECONDITION })
  })

  it('counts the bytes of a message once, however many keep it, and until the last lets go', () => {
    const subscription = subscribe()
    subscribe({ name: `${name}-two` })
    publish('x'.repeat(1000))
    const once = broker.stats().bytesUsed
    assert.ok(once >= 1000 && once < 1400)
    const snapshot = broker.snapshots.create('', subscription, {})
    acknowledgeAll(subscription)
    broker.deleteSubscription(`${name}-two`)
    assert.equal(broker.stats().bytesUsed, once)
    broker.snapshots.delete(snapshot.name)
    assert.equal(broker.stats().bytesUsed, 0)
  })

  it('keeps nothing of a message that nobody wants', () => {
    publish('x')
    assert.equal(broker.stats().bytesUsed, 0)
    subscribe({ filter: 'attributes:wanted' })
    publish('x')
    assert.equal(broker.stats().bytesUsed, 0)
  })
})
