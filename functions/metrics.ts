import type { Request, Response } from '@google-cloud/functions-framework'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** What a function's process did, as Prometheus reads it at `/metrics`. One process serves one function. */
export const registry = new Registry()
// The default, 10 ms, wakes an idle process a hundred times a second.
collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 })
const registers = [registry]

const requests = new Counter({
  name: 'function_requests_total',
  help: 'Requests that were answered, by status',
  labelNames: ['status'],
  registers,
})
const seconds = new Histogram({
  name: 'function_request_seconds',
  help: 'Time from a request to its answer',
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
  registers,
})
const running = new Gauge({
  name: 'function_requests_running',
  help: 'Requests that are not answered yet',
  registers,
})
/** Messages that the function itself sent to dead letters. */
export const deadLettered = new Counter({
  name: 'function_dead_letters_total',
  help: 'Messages sent to dead letters',
  labelNames: ['code'],
  registers,
})

/** Counts one request until its response is closed. */
export function watchRequest(response: {
  statusCode: number
  once(event: 'close', done: () => void): unknown
}): void {
  const from = performance.now()
  running.inc()
  response.once('close', () => {
    running.dec()
    requests.inc({ status: String(response.statusCode) })
    seconds.observe((performance.now() - from) / 1000)
  })
}

/** Answers `GET /metrics` for Prometheus; false for any other request. */
export async function serveMetrics(request: Request, response: Response): Promise<boolean> {
  if (request.method !== 'GET' || request.path !== '/metrics') return false
  response.set('Content-Type', registry.contentType).send(await registry.metrics())
  return true
}
