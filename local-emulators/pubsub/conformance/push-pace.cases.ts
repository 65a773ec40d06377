import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { dataOf, Endpoint } from './endpoint.ts'
import { type Bench, type Case, conforms, sleep, until } from './harness.ts'

const many = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i))

/** Push: how many at a time, how fast, how it backs off, in which order. */
export function pushPaceCases(bench: () => Bench): void {
  const ours = 'the pace of pushes'
  const test = (name: string, run: (c: Case) => Promise<void>): void => conforms(bench, name, run, ours)

  describe('push pace', { concurrency: 8 }, () => {
    test('a slow start: few pushes at first, more with every success', async (c) => {
      let open = false
      const endpoint = await Endpoint.start(c, async () => {
        await until(() => open, 'the endpoint to open')
        await sleep(20)
        return 204
      })
      const { topic } = await c.pair({ pushConfig: { pushEndpoint: endpoint.url } })
      await c.publish(topic, many(100))
      await endpoint.expect(1)
      await sleep(300)
      assert.ok(endpoint.pushes.length <= 9, `${endpoint.pushes.length} pushes before any answer`)
      open = true
      await endpoint.expect(100)
      assert.ok(endpoint.mostUnderWay >= 16, `at most ${endpoint.mostUnderWay} at a time`)
    })

    test('without a retry policy a failing endpoint is left alone, ever longer', async (c) => {
      const endpoint = await Endpoint.start(c, () => 503)
      const { topic } = await c.pair({ pushConfig: { pushEndpoint: endpoint.url } })
      await c.publish(topic, ['x'])
      const pushes = await endpoint.expect(5)
      const waits = pushes.slice(1, 5).map(({ at }, i) => at - pushes[i]!.at)
      for (const [i, least] of [100, 200, 400, 800].entries()) {
        assert.ok(waits[i]! >= least - 5 && waits[i]! < least + 1500, `waits ${waits}`)
      }
    })

    test('with a retry policy each message waits for itself and the others go on', async (c) => {
      const endpoint = await Endpoint.start(c, (push) => (dataOf(push) === 'bad' ? 500 : 204))
      const { topic, subscription } = await c.pair({
        pushConfig: { pushEndpoint: endpoint.url },
        retryPolicy: { minimumBackoff: { seconds: 3 }, maximumBackoff: { seconds: 3 } },
      })
      await c.publish(topic, ['bad', ...many(50)])
      await until(async () => (await c.stats(subscription)).acked === 50, 'the good ones', 2800)
      await until(() => endpoint.pushes.filter((push) => dataOf(push) === 'bad').length >= 2, 'a second try')
      const [first, second] = endpoint.pushes.filter((push) => dataOf(push) === 'bad')
      assert.ok(second!.at - first!.at >= 2990)
    })

    test('connections are kept and used again', async (c) => {
      const endpoint = await Endpoint.start(c)
      const { topic } = await c.pair({ pushConfig: { pushEndpoint: endpoint.url } })
      for (let i = 0; i < 20; i++) {
        await c.publish(topic, [String(i)])
        await endpoint.expect(i + 1)
      }
      assert.ok(endpoint.connections <= 3, `${endpoint.connections} connections`)
    })

    test('one push at a time for an ordering key, in order', async (c) => {
      const endpoint = await Endpoint.start(c, async (_, index) => {
        await sleep(5)
        return index === 2 ? 500 : 204
      })
      const { topic } = await c.pair({
        pushConfig: { pushEndpoint: endpoint.url },
        enableMessageOrdering: true,
      })
      await c.publish(
        topic,
        many(10).map((text) => ({ data: Buffer.from(text), orderingKey: 'k' })),
      )
      const pushes = await endpoint.expect(11)
      assert.deepEqual(pushes.map(dataOf), ['0', '1', '2', '2', '3', '4', '5', '6', '7', '8', '9'])
      assert.equal(endpoint.mostUnderWay, 1)
    })

    test('2,000 messages are pushed in seconds', async (c) => {
      const endpoint = await Endpoint.start(c)
      const { topic, subscription } = await c.pair({ pushConfig: { pushEndpoint: endpoint.url } })
      for (let i = 0; i < 2; i++) await c.publish(topic, many(1000))
      await until(async () => (await c.stats(subscription)).acked === 2000, 'all of them', 10_000)
      assert.equal(endpoint.pushes.length, 2000)
    })
  })
}
