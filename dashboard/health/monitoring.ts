import { safeError } from '@pipeline/hospital/errors.ts'
import type { ErrorLog } from '../log.ts'
import type { Observation, SubscriptionState } from './observation.ts'

export interface Sample {
  labels: Readonly<Record<string, string>>
  value: number
}
/** The value of a PromQL query now, one sample a set of labels; throws MONITORING_UNAVAILABLE. */
export type Ask = (query: string) => Promise<Sample[]>

export interface Monitored {
  /** The environment's name, which the VM's metrics carry and names of subscriptions begin with. */
  environment: string
  /** Subscriptions without that name. */
  subscriptions: readonly string[]
}

/** Relay and guard are read every 30 seconds: what is older than some readings is no answer. */
const FRESH = '3m'
/** Pub/Sub's figures are of each minute, and come up to four minutes later. */
const PUBSUB_FRESH = '8m'

/** What is asked of Cloud Monitoring. A rate survives a counter that starts again. */
export function metricQueries({ environment, subscriptions }: Monitored) {
  const gauge = (name: string): string => `last_over_time(${name}{environment="${environment}"}[${FRESH}])`
  const ids = subscriptions.map((name) => `${environment}-${name}`).join('|')
  const pubsub = (name: string, more = ''): string =>
    `pubsub_googleapis_com:subscription_${name}{monitored_resource="pubsub_subscription",subscription_id=~"${ids}"${more}}[${PUBSUB_FRESH}]`
  const each = (query: string): string => `max by (subscription_id) (${query})`
  return {
    slotExists: `min(${gauge('capture_slot_exists')})`,
    slotActive: `max(${gauge('capture_slot_active')})`,
    slotBytes: `max(${gauge('capture_slot_retained_bytes')})`,
    // The relay counts messages from its start on, so this has a value before it has read anything.
    relayLives: `sum(${gauge('relay_messages_total')})`,
    changes: `sum(${gauge('relay_changes_total')})`,
    changesPerMinute: `sum(rate(relay_changes_total{environment="${environment}"}[${FRESH}])) * 60`,
    // A VM that was made anew and the one before it tell of the same partitions for a while.
    openRecords: `sum(max by (topic, partition) (${gauge('relay_lag_records')}))`,
    openPerMinute: `sum(deriv(relay_lag_records{environment="${environment}"}[${FRESH}])) * 60`,
    newestCommit: `max(${gauge('relay_newest_commit_timestamp_seconds')})`,
    openMessages: each(`last_over_time(${pubsub('num_undelivered_messages')})`),
    oldestMessage: each(`last_over_time(${pubsub('oldest_unacked_message_age')})`),
    messagesPerMinute: `sum by (subscription_id) (rate(${pubsub('push_request_count', ',response_class="ack"')})) * 60`,
  }
}

/** What Cloud Monitoring says of the hops. What it does not answer, or has nothing new of, is null. */
export function metricsObservation(
  ask: Ask,
  monitored: Monitored,
  log: ErrorLog,
): () => Promise<Partial<Observation>> {
  const queries = metricQueries(monitored)
  const one = async (name: keyof typeof queries): Promise<number | undefined> =>
    (await ask(queries[name]))[0]?.value
  const many = async (name: keyof typeof queries): Promise<Map<string, number>> =>
    new Map((await ask(queries[name])).map(({ labels, value }) => [labels.subscription_id ?? '', value]))

  const capture = async (): Promise<NonNullable<Observation['capture']> | null> => {
    const [exists, active, bytes] = await Promise.all([
      one('slotExists'),
      one('slotActive'),
      one('slotBytes'),
    ])
    if (exists === undefined || active === undefined || bytes === undefined) return null
    if (exists < 1) return { slot: 'missing', behindBytes: null }
    return { slot: active < 1 ? 'not read' : 'read', behindBytes: bytes }
  }
  const relay = async () => {
    const [lives, changes, changesPerMinute, openRecords, openPerMinute, newest] = await Promise.all([
      one('relayLives'),
      one('changes'),
      one('changesPerMinute'),
      one('openRecords'),
      one('openPerMinute'),
      one('newestCommit'),
    ])
    if (lives === undefined) return null
    const [total, open, perMinute] = [changes ?? 0, openRecords ?? 0, changesPerMinute ?? null]
    return {
      relay: {
        total,
        perMinute,
        openRecords: open,
        newestCommitAt: newest === undefined ? null : new Date(newest * 1000).toISOString(),
      },
      kafka: {
        total: total + open,
        perMinute: perMinute === null ? null : Math.max(0, perMinute + (openPerMinute ?? 0)),
      },
    }
  }
  const subscriptions = async (): Promise<SubscriptionState[] | null> => {
    const [open, oldest, rates] = await Promise.all([
      many('openMessages'),
      many('oldestMessage'),
      many('messagesPerMinute'),
    ])
    if (open.size === 0) return null
    return monitored.subscriptions.map((name) => {
      const id = `${monitored.environment}-${name}`
      const [count, seconds] = [open.get(id), oldest.get(id) ?? (open.get(id) === 0 ? 0 : undefined)]
      const known = count !== undefined && seconds !== undefined
      return {
        name,
        open: known ? count : null,
        oldestSeconds: known ? seconds : 0,
        total: null,
        perMinute: rates.get(id) ?? null,
      }
    })
  }
  const orNull = async <T>(of: string, look: () => Promise<T>): Promise<T | null> => {
    try {
      return await look()
    } catch (error) {
      log.error({ of, error: safeError(error) }, 'Cloud Monitoring does not answer')
      return null
    }
  }
  return async () => {
    const [seenCapture, seenRelay, seenSubscriptions] = await Promise.all([
      orNull('capture', capture),
      orNull('relay', relay),
      orNull('subscriptions', subscriptions),
    ])
    return {
      place: 'cloud',
      capture: seenCapture,
      kafka: seenRelay?.kafka ?? null,
      relay: seenRelay?.relay ?? null,
      subscriptions: seenSubscriptions,
    }
  }
}
