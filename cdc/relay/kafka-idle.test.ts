import assert from 'node:assert/strict'
import { afterEach, beforeEach, mock, test } from 'node:test'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import { lookOnlyWhileSomethingWaits } from './kafka-idle.ts'

lookOnlyWhileSomethingWaits()

const Queue = RequestQueue as unknown as new (
  options: object,
) => RequestQueue & {
  push(request: object): void
  fulfillRequest(response: object): void
  maybeThrottle(ms: number): void
}
const logger = { namespace: () => logger, debug() {}, warn() {} }
const sent: number[] = []

function queueOf(maxInFlightRequests: number) {
  return new Queue({ maxInFlightRequests, requestTimeout: 30_000, clientId: 'test', broker: 'b', logger })
}
function request(correlationId: number): object {
  const entry = { correlationId, apiKey: 1, apiVersion: 1, apiName: 'Fetch', resolve() {}, reject() {} }
  return { entry, expectResponse: true, sendRequest: () => sent.push(correlationId) }
}
const response = (correlationId: number): object => ({ correlationId, payload: null, size: 0 })

beforeEach(() => {
  sent.length = 0
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_800_000_000_000 })
})
afterEach(() => mock.timers.reset())

test('a connection with nothing to send sets no timer', () => {
  const queue = queueOf(5)
  queue.push(request(1))
  queue.fulfillRequest(response(1))
  assert.deepEqual(sent, [1])
  assert.equal(queue.throttleCheckTimeoutId, null)
})

test('what has to wait for its turn is sent when it comes, and the timers end', () => {
  const queue = queueOf(1)
  for (const id of [1, 2, 3]) queue.push(request(id))
  assert.deepEqual(sent, [1])
  mock.timers.tick(25)
  assert.deepEqual(sent, [1], 'one at a time')
  queue.fulfillRequest(response(1))
  queue.fulfillRequest(response(2))
  assert.deepEqual(sent, [1, 2, 3])
  queue.fulfillRequest(response(3))
  mock.timers.tick(25)
  assert.equal(queue.throttleCheckTimeoutId, null)
})

test('a request that comes while the broker throttles is sent when that is over', () => {
  const queue = queueOf(5)
  queue.maybeThrottle(400)
  queue.push(request(1))
  mock.timers.tick(399)
  assert.deepEqual(sent, [])
  mock.timers.tick(1)
  assert.deepEqual(sent, [1])
  mock.timers.tick(25)
  assert.equal(queue.throttleCheckTimeoutId, null)
})
