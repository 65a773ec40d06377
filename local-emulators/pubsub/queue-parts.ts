import type { Backoff } from './backoff.ts'
import type { ByteBudget } from './budget.ts'
import type { StoredMessage } from './messages.ts'
import type { SubscriptionCounters } from './stats.ts'
import type { Clock } from './time.ts'

/** The rules of a subscription; they may change while it lives. */
export interface QueueRules {
  ordering: boolean
  exactlyOnce: boolean
  retainAcked: boolean
  backoff: Backoff | undefined
  maxDeliveryAttempts: number | undefined
}

export interface QueueParts {
  clock: Clock
  budget: ByteBudget
  counters: SubscriptionCounters
  rules: () => QueueRules
  /** Sends a message to the dead-letter topic; false when that topic is not there. */
  deadLetter: (message: StoredMessage, attempts: number) => boolean
}
