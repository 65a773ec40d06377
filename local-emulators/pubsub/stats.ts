/** What a subscription has done since it was made. */
export interface SubscriptionCounters {
  /** Messages of the topic that passed its filter. */
  published: number
  filtered: number
  delivered: number
  acked: number
  nacked: number
  expired: number
  deadLettered: number
}

export interface SubscriptionStats extends SubscriptionCounters {
  topic: string
  backlog: number
  outstanding: number
  oldestUnackedAgeSeconds: number
  /** How many pushes may be under way at once; only for push subscriptions. */
  pushWindow?: number
}

export interface TopicStats {
  published: number
  publishedBytes: number
  retained: number
  subscriptions: number
}

export interface EmulatorStats {
  topics: Record<string, TopicStats>
  subscriptions: Record<string, SubscriptionStats>
  bytesUsed: number
  maxBytes: number
}

/** Counters at nought. */
export function newCounters(): SubscriptionCounters {
  return { published: 0, filtered: 0, delivered: 0, acked: 0, nacked: 0, expired: 0, deadLettered: 0 }
}
