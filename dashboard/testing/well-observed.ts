import type { Observation } from '../health/observation.ts'

/** A pipeline in which all is well at a moment. */
export function wellObserved(at: string): Observation {
  const before = (seconds: number): string => new Date(Date.parse(at) - seconds * 1000).toISOString()
  const subscription = (name: string, total: number) => ({
    name,
    open: 0,
    oldestSeconds: 0,
    total,
    perMinute: 12,
  })
  return {
    at,
    parts: ['postgres', 'kafka', 'relay', 'lake-sink'].map((name) => ({ name, state: 'ready' })),
    capture: { slot: 'read', behindBytes: 4096, connector: 'RUNNING, RUNNING' },
    kafka: { total: 128_400, perMinute: 1_180 },
    relay: { total: 128_390, perMinute: 1_180, openRecords: 10, newestCommitAt: before(40) },
    subscriptions: [
      subscription('lake-sink', 2210),
      subscription('clickhouse-sink', 2210),
      subscription('oltp-sink', 310),
      subscription('dead-letter-sink', 0),
    ],
    clickhouse: { total: 128_390, perMinute: 1_180, committedAt: before(40) },
    deadLetters: 0,
    warehouse: { committedAt: before(130), loadedAt: before(120), publishedAt: before(90), rows: 54_321 },
    reconcile: { at: before(5 * 3600), result: 'equal', failed: [] },
    dbt: { at: before(90), result: 'ok', failed: [] },
  }
}
