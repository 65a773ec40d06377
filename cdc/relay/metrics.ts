import { createServer, type Server } from 'node:http'
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'

/** Of a counter, how much it grew a second between one reading and the next. */
function rateOf(counter: Counter<string>): (this: Gauge) => Promise<void> {
  let last = { at: performance.now(), total: 0 }
  return async function collect() {
    const at = performance.now()
    if (at - last.at < 1_000) return
    const total = (await counter.get()).values.reduce((sum, { value }) => sum + value, 0)
    this.set((total - last.total) / ((at - last.at) / 1_000))
    last = { at, total }
  }
}

/** A registry that has the process's own figures. */
export function processRegistry(): Registry {
  const registry = new Registry()
  // The default, 10 ms, wakes an idle process a hundred times a second.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 })
  return registry
}

/** The relay's counters, as Prometheus reads them. */
export function createMetrics() {
  const registry = processRegistry()
  const registers = [registry]
  const changes = new Counter({
    name: 'relay_changes_total',
    help: 'Changes taken by Pub/Sub',
    labelNames: ['table'],
    registers,
  })
  return {
    registry,
    changes,
    events: new Counter({
      name: 'relay_events_total',
      help: 'Events taken by Pub/Sub',
      labelNames: ['table'],
      registers,
    }),
    rate: new Gauge({
      name: 'relay_changes_per_second',
      help: 'Changes taken by Pub/Sub a second since the last reading',
      registers,
      collect: rateOf(changes),
    }),
    messages: new Counter({ name: 'relay_messages_total', help: 'Messages taken by Pub/Sub', registers }),
    bytes: new Counter({
      name: 'relay_message_bytes_total',
      help: 'Compressed bytes taken by Pub/Sub',
      registers,
    }),
    deadLetters: new Counter({
      name: 'relay_dead_letters_total',
      help: 'Records sent to dead letters',
      labelNames: ['code'],
      registers,
    }),
    tombstones: new Counter({
      name: 'relay_tombstones_total',
      help: 'Kafka tombstones passed over',
      registers,
    }),
    retries: new Counter({
      name: 'relay_publish_retries_total',
      help: 'Publishes that had to be tried again',
      registers,
    }),
    lag: new Gauge({
      name: 'relay_lag_records',
      help: 'Records in Kafka that are not read yet',
      labelNames: ['topic', 'partition'],
      registers,
    }),
    newestCommit: new Gauge({
      name: 'relay_newest_commit_timestamp_seconds',
      help: 'When the first change of the newest message that Pub/Sub took was committed, Unix time',
      labelNames: ['table'],
      registers,
    }),
    inFlight: new Gauge({
      name: 'relay_in_flight_bytes',
      help: 'NDJSON bytes that wait for Pub/Sub',
      registers,
    }),
    delay: new Histogram({
      name: 'relay_commit_to_publish_seconds',
      help: 'From commit in PostgreSQL to taken by Pub/Sub, of the oldest change of a message',
      buckets: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800],
      registers,
    }),
  }
}

export type Metrics = ReturnType<typeof createMetrics>

/** Serves `/metrics` for Prometheus, `/stats` as JSON, and `/ready`, which is 200 once `isReady` says so. */
export function serveMetrics(
  metrics: { registry: Registry },
  host: string,
  port: number,
  isReady: () => boolean,
): Promise<Server> {
  const server = createServer(async (request, response) => {
    if (request.url === '/metrics') {
      response.setHeader('content-type', metrics.registry.contentType)
      response.end(await metrics.registry.metrics())
    } else if (request.url === '/stats') {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(await metrics.registry.getMetricsAsJSON()))
    } else if (request.url === '/ready') {
      response.writeHead(isReady() ? 200 : 503).end()
    } else {
      response.writeHead(404).end()
    }
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}
