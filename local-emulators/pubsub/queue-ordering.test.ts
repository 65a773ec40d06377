import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Consumer, type Lease } from './entry.ts'
import { ids, QueueBench } from './queue-bench.ts'

describe('queue with ordering keys', () => {
  const ordering = { ordering: true }

  it('gives one consumer a key in order and others nothing of it', () => {
    const bench = new QueueBench(ordering, ['1', '2', '3'], 'k')
    const owner = new Consumer()
    assert.deepEqual(ids(bench.take(2, owner)), ['1', '2'])
    assert.deepEqual(bench.take(), [])
    assert.deepEqual(ids(bench.take(2, owner)), ['3'])
  })

  it('takes back the nacked message and all later ones, acknowledged or not', () => {
    const bench = new QueueBench(ordering, ['1', '2', '3', '4'], 'k')
    const leases = bench.take(3)
    bench.ack(leases[2]!)
    assert.equal(bench.queue.backlog, 3)
    bench.nack(leases[1]!)
    assert.equal(bench.queue.backlog, 4)
    bench.ack(leases[0]!)
    assert.deepEqual(ids(bench.take()), ['2', '3', '4'])
  })

  it('with exactly-once delivery never brings back what was acknowledged', () => {
    const bench = new QueueBench({ ...ordering, exactlyOnce: true }, ['1', '2', '3'], 'k')
    const leases = bench.take()
    bench.ack(leases[1]!)
    bench.nack(leases[0]!)
    assert.deepEqual(ids(bench.take()), ['1', '3'])
  })

  it('ignores a late acknowledgement of a message taken back', () => {
    const bench = new QueueBench(ordering, ['1', '2'], 'k')
    const leases = bench.take()
    bench.nack(leases[0]!)
    bench.ack(leases[1]!)
    assert.deepEqual(ids(bench.take()), ['1', '2'])
  })

  it('frees everything once all of a key is acknowledged, in any order', () => {
    const bench = new QueueBench(ordering, ['1', '2', '3'], 'k')
    const leases = bench.take()
    for (const lease of [leases[2]!, leases[0]!, leases[1]!]) bench.ack(lease)
    assert.deepEqual([bench.queue.backlog, bench.queue.waiting, bench.budget.used], [0, 0, 0])
  })

  it('pauses a key for its back-off', () => {
    const bench = new QueueBench(
      { ...ordering, backoff: { minimumMs: 100, maximumMs: 100 } },
      ['1', '2'],
      'k',
    )
    bench.nack(bench.take(1)[0]!)
    bench.add('3', 'k')
    assert.deepEqual(bench.take(), [])
    bench.at(bench.now + 100)
    assert.deepEqual(ids(bench.take()), ['1', '2', '3'])
  })

  it('lets a key go on with others after its consumer left and its messages are settled', () => {
    const bench = new QueueBench(ordering, ['1', '2'], 'k')
    const leaver = new Consumer()
    const [first] = bench.take(1, leaver)
    bench.queue.leave(leaver)
    assert.deepEqual(bench.take(), [])
    bench.ack(first!)
    assert.deepEqual(ids(bench.take()), ['2'])
  })

  it('limits a consumer to its messages per key', () => {
    const bench = new QueueBench(ordering, ['1', '2'], 'k')
    const pusher = new Consumer(1)
    const [first] = bench.take(10, pusher) as [Lease]
    assert.deepEqual(bench.take(10, pusher), [])
    bench.ack(first)
    assert.deepEqual(ids(bench.take(10, pusher)), ['2'])
  })

  it('100,000 messages of one key are settled in well under a few seconds', () => {
    const bench = new QueueBench(ordering)
    const start = performance.now()
    for (let i = 0; i < 100_000; i++) bench.add(String(i), 'k')
    const consumer = new Consumer()
    for (let left = 100_000; left > 0; left -= 100) {
      for (const lease of bench.take(100, consumer)) bench.ack(lease)
    }
    assert.equal(bench.queue.backlog, 0)
    assert.ok(performance.now() - start < 4000)
  })
})
