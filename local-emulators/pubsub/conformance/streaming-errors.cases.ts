import assert from 'node:assert/strict'
import { describe } from 'node:test'
import { status } from '@grpc/grpc-js'
import { type Bench, type Case, conforms, sleep } from './harness.ts'
import { RawStream } from './raw-stream.ts'

/** StreamingPull: requests that end the stream, and subscriptions that go away under it. */
export function streamingErrorCases(bench: () => Bench): void {
  const test = (name: string, run: (c: Case) => Promise<void>, ours?: string): void =>
    conforms(bench, name, run, ours)

  describe('streaming pull errors', { concurrency: 8 }, () => {
    const first: Record<string, [object, status]> = {
      'without a subscription': [{ streamAckDeadlineSeconds: 10 }, status.INVALID_ARGUMENT],
      'with a deadline of 5 s': [{ streamAckDeadlineSeconds: 5 }, status.INVALID_ARGUMENT],
      'with a deadline of 601 s': [{ streamAckDeadlineSeconds: 601 }, status.INVALID_ARGUMENT],
      'for a missing subscription': [
        { subscription: 'projects/conformance/subscriptions/missing', streamAckDeadlineSeconds: 10 },
        status.NOT_FOUND,
      ],
    }
    for (const [what, [request, code]] of Object.entries(first)) {
      test(
        `a stream opened ${what} fails with ${status[code]}`,
        async (c) => {
          const { subscription } = await c.pair()
          const named = what.startsWith('with a') ? { subscription, ...request } : request
          assert.equal(await new RawStream(c, named).ended, code)
        },
        'it does not check every first request',
      )
    }

    const later: Record<string, object> = {
      'naming a subscription': { subscription: 'projects/conformance/subscriptions/other' },
      'with lists of different lengths': { modifyDeadlineAckIds: ['a'], modifyDeadlineSeconds: [] },
      'with a negative deadline': { modifyDeadlineAckIds: ['a'], modifyDeadlineSeconds: [-1] },
      'with a malformed acknowledgement id': { ackIds: ['nonsense'] },
      'setting flow control': { maxOutstandingMessages: 5 },
    }
    for (const [what, request] of Object.entries(later)) {
      test(
        `a later request ${what} ends the stream with INVALID_ARGUMENT`,
        async (c) => {
          const { subscription } = await c.pair()
          const stream = RawStream.on(c, subscription)
          stream.write(request)
          assert.equal(await stream.ended, status.INVALID_ARGUMENT)
        },
        'it does not check later requests',
      )
    }

    test('deleting the subscription ends its streams with NOT_FOUND', async (c) => {
      const { subscription } = await c.pair()
      const stream = RawStream.on(c, subscription)
      await sleep(200)
      await c.subscriber.deleteSubscription({ subscription })
      assert.equal(await stream.ended, status.NOT_FOUND)
    })

    test(
      'detaching the subscription ends its streams with FAILED_PRECONDITION',
      async (c) => {
        const { subscription } = await c.pair()
        const stream = RawStream.on(c, subscription)
        await sleep(200)
        await c.publisher.detachSubscription({ subscription })
        assert.equal(await stream.ended, status.FAILED_PRECONDITION)
      },
      'it leaves the stream open',
    )
  })
}
