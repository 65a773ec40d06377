import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Consumer, type Lease } from './entry.ts'
import { ids, QueueBench } from './queue-bench.ts'

describe('queue', () => {
  it('leases each message once and frees it when acknowledged', () => {
    const bench = new QueueBench({}, ['a', 'b'])
    const leases = bench.take()
    assert.deepEqual(ids(leases), ['a', 'b'])
    assert.deepEqual(bench.take(), [])
    for (const lease of leases) bench.ack(lease)
    assert.deepEqual([bench.queue.backlog, bench.queue.outstanding, bench.budget.used], [0, 0, 0])
    assert.equal(bench.queue.oldestUnackedMs(), undefined)
  })

  it('takes no more than the bytes allow, but one message always', () => {
    const bench = new QueueBench({}, ['a', 'b', 'c'])
    assert.equal(bench.queue.take(new Consumer(), 10, 1, 1000).length, 1)
  })

  it('brings a message back at its deadline and not before', () => {
    const bench = new QueueBench({}, ['a'])
    bench.take()
    bench.at(10_999)
    assert.deepEqual(bench.take(), [])
    bench.at(11_000)
    assert.deepEqual(ids(bench.take()), ['a'])
    assert.equal(bench.counters.expired, 1)
  })

  it('keeps to the last deadline set, earlier or later', () => {
    const bench = new QueueBench({}, ['a', 'b'])
    const [a, b] = bench.take() as [Lease, Lease]
    bench.queue.modify(a.message.seq, a.lease, 60_000)
    bench.queue.modify(b.message.seq, b.lease, 1000)
    bench.at(2000)
    assert.deepEqual(ids(bench.take()), ['b'])
    bench.at(60_990)
    assert.ok(!ids(bench.take()).includes('a'))
    bench.at(61_000)
    assert.ok(ids(bench.take()).includes('a'))
  })

  it('accounts outstanding messages and bytes to their consumer', () => {
    const bench = new QueueBench({}, ['a', 'b'])
    const consumer = new Consumer()
    const [a, b] = bench.take(10, consumer) as [Lease, Lease]
    assert.equal(consumer.messages, 2)
    bench.ack(a)
    bench.nack(b)
    assert.deepEqual([consumer.messages, consumer.bytes], [0, 0])
  })

  it('backs off per message, doubling, and lets others pass', () => {
    const bench = new QueueBench({ backoff: { minimumMs: 100, maximumMs: 400 } }, ['a'])
    for (const wait of [100, 200, 400, 400]) {
      bench.nack(bench.take()[0]!)
      bench.at(bench.now + wait - 1)
      assert.deepEqual(bench.take(), [], `before ${wait} ms`)
      bench.at(bench.now + 10)
    }
    assert.equal(bench.queue.backlog, 1)
  })

  it('buries a message once after its attempts', () => {
    const bench = new QueueBench({ maxDeliveryAttempts: 5 }, ['a'])
    for (let attempt = 1; attempt <= 5; attempt++) {
      const [lease] = bench.take()
      assert.equal(lease!.attempt, attempt)
      bench.nack(lease!)
    }
    assert.deepEqual(bench.buried, [['a', 5]])
    assert.deepEqual([bench.queue.backlog, bench.budget.used, bench.counters.deadLettered], [0, 0, 1])
  })

  it('keeps delivering when the dead-letter topic is missing', () => {
    const bench = new QueueBench({ maxDeliveryAttempts: 5 }, ['a'])
    bench.deadTopic = false
    for (let attempt = 1; attempt <= 8; attempt++) bench.nack(bench.take()[0]!)
    assert.equal(bench.take()[0]!.attempt, 9)
    assert.equal(bench.counters.deadLettered, 0)
  })

  it('gives new messages their turn while one keeps failing', () => {
    const bench = new QueueBench({}, ['bad', 'good'])
    bench.nack(bench.take(1)[0]!)
    const seen = [bench.take(1), bench.take(1)].flat()
    assert.deepEqual(ids(seen).sort(), ['bad', 'good'])
  })

  it('with exactly-once delivery accepts only the live lease', () => {
    const bench = new QueueBench({ exactlyOnce: true }, ['a'])
    const [first] = bench.take()
    assert.equal(bench.nack(first!), true)
    assert.equal(bench.ack(first!), false)
    const [second] = bench.take()
    assert.equal(bench.ack(first!), false)
    assert.equal(bench.queue.modify(first!.message.seq, first!.lease, 1000), false)
    assert.equal(bench.ack(second!), true)
    assert.equal(bench.ack(second!), false)
  })

  it('retains acknowledged messages until they are too old', () => {
    const bench = new QueueBench({ retainAcked: true }, ['a'])
    bench.ack(bench.take()[0]!)
    assert.equal(bench.queue.contents().acked.length, 1)
    bench.now += 500
    bench.queue.expire(500)
    assert.ok(bench.budget.used > 0)
    bench.now += 1
    bench.queue.expire(500)
    assert.equal(bench.budget.used, 0)
  })

  it('drops unacknowledged messages that are too old, leased or not', () => {
    const bench = new QueueBench({}, ['a', 'b'])
    const consumer = new Consumer()
    bench.take(1, consumer)
    bench.now += 1001
    bench.queue.expire(1000)
    assert.deepEqual(
      [bench.queue.backlog, bench.queue.outstanding, consumer.messages, bench.budget.used],
      [0, 0, 0, 0],
    )
    assert.deepEqual(bench.take(), [])
  })

  it('a replacement voids every lease and readies what is unacknowledged', () => {
    const bench = new QueueBench({ retainAcked: true }, ['a', 'b'])
    const [a] = bench.take(1) as [Lease]
    bench.ack(a)
    const { unacked, acked } = bench.queue.contents()
    bench.queue.replace([...acked, ...unacked], [])
    bench.ack(a)
    assert.deepEqual(ids(bench.take()), ['a', 'b'])
  })
})
