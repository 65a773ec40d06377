import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { formatAckId, newAckPrefix, parseAckId } from './ack-id.ts'
import { backoffMs } from './backoff.ts'
import { Chaos } from './chaos.ts'
import { Deque } from './deque.ts'
import { store } from './messages.ts'
import { v1 } from './protos.ts'
import { PushPace } from './push-pace.ts'
import { pushRequest } from './push-request.ts'
import { fromMs, toMs } from './time.ts'
import { TimerWheel } from './timer-wheel.ts'
import { encodeReceived } from './wire.ts'

describe('back-off', () => {
  it('doubles from the minimum and stops at the maximum', () => {
    const waits = [0, 1, 2, 3, 4, 100].map((n) => backoffMs({ minimumMs: 10, maximumMs: 50 }, n))
    assert.deepEqual(waits, [0, 10, 20, 40, 50, 50])
  })
})

describe('push pace', () => {
  it('grows by one with each success up to the cap, halves on a failure, never below one', () => {
    const pace = new PushPace({ initialWindow: 4, maxWindow: 6 })
    for (let i = 0; i < 5; i++) pace.succeed()
    assert.equal(pace.window, 6)
    for (const left of [3, 1, 1]) {
      pace.fail(0, false)
      assert.equal(pace.window, left)
    }
  })

  it('pauses 100 ms, doubling to 60 s, and counts failures under way once', () => {
    const pace = new PushPace({ initialWindow: 4, maxWindow: 6 })
    let now = 1000
    for (const wait of [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000, 60_000]) {
      pace.fail(now, true)
      pace.fail(now + 1, true)
      assert.equal(pace.pausedUntil - now, wait)
      now = pace.pausedUntil
    }
    pace.succeed()
    pace.fail(now, true)
    assert.equal(pace.pausedUntil - now, 100)
  })
})

describe('deque', () => {
  it('agrees with an array under random work at both ends', () => {
    const deque = new Deque<number>()
    const array: number[] = []
    let state = 7
    for (let i = 0; i < 20_000; i++) {
      state = (state * 1_103_515_245 + 12_345) % 2 ** 31
      const growing = i % 4000 < 2500
      const operation = (state >> 8) % (growing ? 3 : 5)
      if (operation === 0) assert.equal(deque.push(i), void array.push(i))
      else if (operation === 1 && growing) assert.equal(deque.unshift(i), void array.unshift(i))
      else if (operation === 2) assert.equal(deque.pop(), array.pop())
      else assert.equal(deque.shift(), array.shift())
      assert.equal(deque.length, array.length)
    }
    assert.deepEqual([...deque], array)
  })
})

describe('timer wheel', () => {
  it('gives out items in order of time, none early, none twice', () => {
    const wheel = new TimerWheel<number>(10)
    const times = Array.from({ length: 500 }, (_, i) => (i * 7919) % 5000)
    for (const time of times) wheel.add(time, time)
    const seen: number[] = []
    for (let now = 0; now <= 5010; now += 10) {
      for (const time of wheel.takeDue(now)) {
        assert.ok(time <= now && time > now - 20)
        seen.push(time)
      }
    }
    assert.deepEqual(seen.sort(), times.sort())
    assert.deepEqual([wheel.size, wheel.nextAt()], [0, undefined])
  })

  it('compacts to the items still wanted', () => {
    const wheel = new TimerWheel<number>(10)
    for (let i = 1; i <= 100; i++) wheel.add(i * 10, i)
    wheel.compact((item) => item % 50 === 0)
    assert.deepEqual([wheel.size, wheel.nextAt()], [2, 500])
    assert.deepEqual(wheel.takeDue(5000), [50, 100])
  })
})

describe('acknowledgement ids', () => {
  it('come back as they went out, and only for their subscription', () => {
    const prefix = newAckPrefix()
    const id = formatAckId(prefix, 123_456_789, 42)
    assert.deepEqual(parseAckId(prefix, id), { seq: 123_456_789, lease: 42 })
    for (const bad of ['', 'x', prefix, `${prefix}1`, `${id}!`, `${newAckPrefix()}1-1`]) {
      assert.equal(parseAckId(prefix, bad), undefined, bad)
    }
  })
})

describe('wire', () => {
  it('frames encoded messages so that the official classes read them', () => {
    const sizes = [1, 126, 127, 128, 16_383, 16_384, 300_000]
    const leases = sizes.map((size, i) => ({
      message: store({ data: Buffer.alloc(size, i), attributes: { i: String(i) } }, i + 1, `id${i}`, 1234),
      lease: i + 1,
      attempt: i * 100,
    }))
    const properties = { exactlyOnce: true, ordering: false }
    const read = v1.StreamingPullResponse.decode(encodeReceived(leases, 'p-', properties))
    assert.equal(read.subscriptionProperties?.exactlyOnceDeliveryEnabled, true)
    assert.equal(read.receivedMessages.length, sizes.length)
    for (const [i, { ackId, message, deliveryAttempt }] of read.receivedMessages.entries()) {
      assert.equal(ackId, formatAckId('p-', i + 1, i + 1))
      assert.equal(message?.data?.length, sizes[i])
      assert.equal(message?.messageId, `id${i}`)
      assert.equal(toMs(message?.publishTime), 1234)
      assert.equal(deliveryAttempt, i * 100)
    }
  })
})

describe('time', () => {
  it('turns into seconds and nanos and back', () => {
    for (const ms of [0, 1, 999, 1000, 1.5, 1_700_000_000_123]) assert.equal(toMs(fromMs(ms)), ms)
    assert.equal(toMs(null), undefined)
  })
})

describe('chaos', () => {
  it('fails as often as told, and refuses what it does not know', () => {
    let next = 0
    const chaos = new Chaos(() => next)
    chaos.set({ errorRate: 0.5, code: 'ABORTED' })
    assert.throws(() => chaos.fail(), { code: 10 })
    next = 0.5
    assert.equal(chaos.fail(), undefined)
    for (const bad of [{ errorRate: 2 }, { code: 'OOPS' }, { colour: 'red' }, null]) {
      assert.throws(() => chaos.set(bad), { name: 'ZodError' })
    }
  })
})

describe('push request', () => {
  const stored = (data: string, attributes: Record<string, string> = {}) =>
    store({ data: Buffer.from(data), attributes }, 1, '7', 0)

  it('never lets an attribute replace a header of the connection or the token', () => {
    const attributes = {
      Host: 'x',
      Authorization: 'x',
      'Transfer-Encoding': 'chunked',
      ward: 'icu',
      bad: 'a\nb',
    }
    const push = { pushEndpoint: 'http://x/', noWrapper: { writeMetadata: true } }
    const { headers } = pushRequest(push, 'projects/p/subscriptions/s', stored('x', attributes), 0)
    assert.deepEqual(Object.keys(headers).sort(), [
      'ward',
      'x-goog-pubsub-message-id',
      'x-goog-pubsub-publish-time',
      'x-goog-pubsub-subscription-name',
    ])
  })

  it('leaves out what a message does not have', () => {
    const { body } = pushRequest({ pushEndpoint: 'http://x/' }, 's', stored('', { a: 'b' }), 0)
    const time = '1970-01-01T00:00:00.000Z'
    assert.deepEqual(JSON.parse(body.toString()), {
      message: {
        attributes: { a: 'b' },
        messageId: '7',
        message_id: '7',
        publishTime: time,
        publish_time: time,
      },
      subscription: 's',
    })
  })
})
