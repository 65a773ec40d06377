import type { Series } from './mock-monitoring.ts'

export const own = (name: string, points: Series['points'], labels: Record<string, string> = {}): Series => ({
  name,
  labels: { environment: 'demo', ...labels },
  points,
})
const pubsub = (name: string, id: string, points: Series['points'], labels = {}): Series => ({
  name: `pubsub_googleapis_com:subscription_${name}`,
  labels: { monitored_resource: 'pubsub_subscription', subscription_id: id, ...labels },
  points,
})
export const lag = (topic: string, points: Series['points'], labels = {}): Series =>
  own('relay_lag_records', points, { topic, partition: '0', ...labels })
const subscription = (id: string, open: number, oldest: number): Series[] => [
  pubsub('num_undelivered_messages', id, [
    [200, open],
    [260, 9999],
  ]),
  pubsub('oldest_unacked_message_age', id, [[200, oldest]]),
]
/** Series of an environment in which all is well. */
export function wellMonitored(newestCommitAt: string): Series[] {
  const newest = Date.parse(newestCommitAt)
  return [
    own('capture_slot_exists', [[10, 1]]),
    own('capture_slot_active', [[10, 1]]),
    own('capture_slot_retained_bytes', [
      [10, 4096],
      [40, 1e12],
    ]),
    own('relay_messages_total', [[10, 12]]),
    own(
      'relay_changes_total',
      [
        [10, 700],
        [70, 100],
      ],
      { table: 'visits' },
    ),
    own(
      'relay_changes_total',
      [
        [10, 60],
        [70, 0],
      ],
      { table: 'doctors' },
    ),
    lag('visits', [
      [10, 30],
      [70, 10],
    ]),
    lag('doctors', [
      [10, 5],
      [70, 5],
    ]),
    own('relay_newest_commit_timestamp_seconds', [[10, newest / 1000 - 60]], { table: 'doctors' }),
    own('relay_newest_commit_timestamp_seconds', [[10, newest / 1000]], { table: 'visits' }),
    ...subscription('demo-lake-sink', 3, 4),
    ...subscription('demo-oltp-sink', 0, 0),
    pubsub(
      'push_request_count',
      'demo-lake-sink',
      [
        [200, 120],
        [260, 90],
      ],
      { response_class: 'ack' },
    ),
    pubsub(
      'push_request_count',
      'demo-lake-sink',
      [
        [200, 50],
        [260, 0],
      ],
      { response_class: 'internal' },
    ),
  ]
}
