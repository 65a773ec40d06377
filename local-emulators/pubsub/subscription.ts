import { newAckPrefix, parseAckId } from './ack-id.ts'
import type { ByteBudget } from './budget.ts'
import type { Chaos } from './chaos.ts'
import { Dispatcher } from './dispatcher.ts'
import { open, type StoredMessage } from './messages.ts'
import { deletedTopic } from './names.ts'
import type { Subscription as SubscriptionResource } from './protos.ts'
import type { Pusher } from './push.ts'
import { MessageQueue } from './queue.ts'
import type { QueueRules } from './queue-parts.ts'
import { newCounters, type SubscriptionStats } from './stats.ts'
import { failedPrecondition, invalid } from './status.ts'
import type { SubscriptionConfig } from './subscription-config.ts'
import { type Clock, fromMs } from './time.ts'
import type { Topic } from './topic.ts'

export interface SubscriptionParts {
  clock: Clock
  budget: ByteBudget
  chaos: Chaos
  deadLetter: (subscription: Subscription, message: StoredMessage, attempts: number) => boolean
}

/** A subscription: its settings, its messages, and whoever receives them. */
export class Subscription {
  readonly #parts: SubscriptionParts
  readonly ackPrefix = newAckPrefix()
  readonly counters = newCounters()
  readonly queue: MessageQueue
  readonly dispatcher: Dispatcher
  pusher: Pusher | undefined
  topic: Topic | null
  detached = false
  lastUsedMs: number
  #config: SubscriptionConfig
  #rules: QueueRules

  constructor(config: SubscriptionConfig, topic: Topic, parts: SubscriptionParts) {
    this.#parts = parts
    this.#config = config
    this.#rules = rulesOf(config)
    this.topic = topic
    this.lastUsedMs = parts.clock.now()
    this.queue = new MessageQueue({
      clock: parts.clock,
      budget: parts.budget,
      counters: this.counters,
      rules: () => this.#rules,
      deadLetter: (message, attempts) => parts.deadLetter(this, message, attempts),
    })
    this.dispatcher = new Dispatcher(this.queue, parts.clock, parts.chaos)
    topic.subscriptions.add(this)
  }

  get name(): string {
    return this.#config.resource.name!
  }

  get config(): SubscriptionConfig {
    return this.#config
  }

  /** Takes new settings; the messages stay. */
  configure(config: SubscriptionConfig): void {
    this.#config = config
    this.#rules = rulesOf(config)
  }

  /** The subscription as a client sees it. */
  resource(): SubscriptionResource {
    const retention = this.topic?.retentionMs
    return {
      ...this.#config.resource,
      topic: this.topic?.name ?? deletedTopic,
      detached: this.detached,
      ...(retention !== undefined && { topicMessageRetentionDuration: fromMs(retention) }),
    }
  }

  /** Takes a message of the topic, if the filter lets it through. */
  publish(message: StoredMessage, attributes: Record<string, string>): void {
    if (this.detached) return
    if (this.#config.filter && !this.#config.filter(attributes)) {
      this.counters.filtered++
      return
    }
    this.counters.published++
    this.queue.add(message)
    this.dispatcher.schedule()
  }

  /** Whether the filter lets a message through. */
  accepts(message: StoredMessage): boolean {
    return !this.#config.filter || this.#config.filter(open(message).attributes)
  }

  /** Refuses to be pulled from when it is detached or pushes. */
  checkPullable(): void {
    if (this.detached) throw failedPrecondition('The subscription is detached from its topic.')
    if (this.#config.push) {
      throw failedPrecondition('This method is not supported for this subscription type.')
    }
  }

  /** Acknowledges deliveries and returns the ids that exactly-once delivery finds void. */
  acknowledge(ackIds: readonly string[]): string[] {
    return this.#apply(ackIds, (seq, lease) => this.queue.ack(seq, lease))
  }

  /** Moves the deadlines of deliveries and returns the ids that exactly-once delivery finds void. */
  modifyDeadline(ackIds: readonly string[], deadlineMs: number): string[] {
    return this.#apply(ackIds, (seq, lease) => this.queue.modify(seq, lease, deadlineMs))
  }

  /** Marks the subscription as used, so that it does not expire. */
  touch(): void {
    this.lastUsedMs = this.#parts.clock.now()
  }

  /** Drops every message. */
  clear(): void {
    this.queue.replace([], [])
  }

  stats(): SubscriptionStats {
    const oldest = this.queue.oldestUnackedMs()
    return {
      topic: this.topic?.name ?? deletedTopic,
      ...this.counters,
      backlog: this.queue.backlog,
      outstanding: this.queue.outstanding,
      oldestUnackedAgeSeconds: oldest === undefined ? 0 : (this.#parts.clock.now() - oldest) / 1000,
      ...(this.pusher && { pushWindow: this.pusher.window }),
    }
  }

  #apply(ackIds: readonly string[], action: (seq: number, lease: number) => boolean): string[] {
    this.touch()
    const parsed = ackIds.map((id) => parseAckId(this.ackPrefix, id))
    const malformed = parsed.indexOf(undefined)
    if (malformed >= 0 && !this.#rules.exactlyOnce) {
      throw invalid(`You have passed an invalid ack ID to the service (ack_id=${ackIds[malformed]}).`)
    }
    const voided = ackIds.filter((_, i) => {
      const id = parsed[i]
      return !id || !action(id.seq, id.lease)
    })
    this.dispatcher.schedule()
    return voided
  }
}

function rulesOf(config: SubscriptionConfig): QueueRules {
  return {
    ordering: config.ordering,
    exactlyOnce: config.exactlyOnce,
    retainAcked: config.retainAcked,
    backoff: config.backoff,
    maxDeliveryAttempts: config.deadLetter?.attempts,
  }
}
