import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { type Bench, type Case, conforms, texts } from './harness.ts'

const ms = (milliseconds: number): object => ({ nanos: milliseconds * 1e6 })

/** Back-off between deliveries. */
export function retryCases(bench: () => Bench): void {
  const test = (name: string, run: (c: Case) => Promise<void>, ours?: string): void =>
    conforms(bench, name, run, ours)
  const retryPolicy = { minimumBackoff: ms(100), maximumBackoff: ms(300) }

  async function waits(c: Case, subscription: string, rounds: number): Promise<number[]> {
    const measured: number[] = []
    let received = await c.pull(subscription)
    for (let round = 0; round < rounds; round++) {
      const start = Date.now()
      await c.nack(subscription, received)
      received = await c.pull(subscription)
      measured.push(Date.now() - start)
    }
    return measured
  }

  describe('retry policy', { concurrency: 8 }, () => {
    test(
      'the back-off of a message doubles up to the maximum',
      async (c) => {
        const { topic, subscription } = await c.pair({ retryPolicy })
        await c.publish(topic, ['slow'])
        const waited = await waits(c, subscription, 6)
        for (const [round, least] of [100, 200, 300, 300, 300, 300].entries()) {
          assert.ok(waited[round]! >= least - 10, `round ${round}: ${waited}`)
        }
        assert.ok(waited[5]! < 2500, `without the maximum it would be 3200 ms: ${waited}`)
      },
      'exact back-off',
    )

    test('a message that waits holds up no other', async (c) => {
      const { topic, subscription } = await c.pair({ retryPolicy: { minimumBackoff: { seconds: 5 } } })
      await c.publish(topic, ['waits'])
      await c.nack(subscription, await c.pull(subscription))
      await c.publish(topic, ['goes'])
      assert.deepEqual(texts(await c.pull(subscription, 1, 2000)), ['goes'])
      assert.deepEqual(await c.pullNow(subscription), [])
    })

    test(
      'an expired deadline backs off as well',
      async (c) => {
        const { topic, subscription } = await c.pair({
          retryPolicy: { minimumBackoff: ms(700), maximumBackoff: ms(700) },
        })
        await c.publish(topic, ['expires'])
        const received = await c.pull(subscription)
        const start = Date.now()
        await c.modify(subscription, received, 1)
        await c.pull(subscription)
        assert.ok(Date.now() - start >= 1690)
      },
      'exact back-off',
    )

    test(
      'one bound alone takes the default of the other',
      async (c) => {
        const { subscription } = await c.pair({ retryPolicy: { minimumBackoff: ms(100) } })
        const [shown] = await c.subscriber.getSubscription({ subscription })
        assert.equal(Number(shown.retryPolicy?.minimumBackoff?.nanos), 1e8)
        assert.equal(Number(shown.retryPolicy?.maximumBackoff?.seconds), 600)
      },
      'defaults of the retry policy',
    )

    test('taking the policy away lets messages come at once', async (c) => {
      const { topic, subscription: name } = await c.pair({ retryPolicy: { minimumBackoff: { seconds: 60 } } })
      await c.subscriber.updateSubscription({
        subscription: { name },
        updateMask: { paths: ['retry_policy'] },
      })
      await c.publish(topic, ['quick'])
      const [wait] = await waits(c, name, 1)
      assert.ok(wait! < 1000, `after ${wait} ms`)
    })
  })
}
