import type { ByteBudget } from './budget.ts'
import type { StoredMessage } from './messages.ts'
import type { Topic as TopicResource } from './protos.ts'
import { Retained } from './retained.ts'
import type { SnapshotState } from './snapshot.ts'
import type { TopicStats } from './stats.ts'
import type { Subscription } from './subscription.ts'
import { toMs } from './time.ts'

/** A topic, its subscriptions and the messages it retains for them. */
export class Topic {
  resource: TopicResource
  readonly subscriptions = new Set<Subscription>()
  readonly snapshots = new Set<SnapshotState>()
  readonly retained: Retained
  nextSeq = 1
  published = 0
  publishedBytes = 0

  constructor(resource: TopicResource, budget: ByteBudget) {
    this.resource = resource
    this.retained = new Retained(budget)
  }

  get name(): string {
    return this.resource.name!
  }

  /** How long it keeps all messages, if it does. */
  get retentionMs(): number | undefined {
    return toMs(this.resource.messageRetentionDuration)
  }

  /** Whether anything would keep a message published now. */
  get keeps(): boolean {
    return this.subscriptions.size > 0 || this.snapshots.size > 0 || this.retentionMs !== undefined
  }

  /** Hands a message to everything that keeps it. */
  publish(message: StoredMessage, attributes: Record<string, string>): void {
    this.published++
    this.publishedBytes += message.encoded.length
    for (const subscription of this.subscriptions) subscription.publish(message, attributes)
    for (const snapshot of this.snapshots) snapshot.add(message)
    if (this.retentionMs !== undefined) this.retained.add(message)
  }

  /** Drops retained messages that are too old, or all once retention is switched off. */
  expire(now: number): void {
    if (this.retentionMs === undefined) this.retained.clear()
    else this.retained.expire(now - this.retentionMs)
  }

  stats(): TopicStats {
    return {
      published: this.published,
      publishedBytes: this.publishedBytes,
      retained: this.retained.size,
      subscriptions: this.subscriptions.size,
    }
  }
}
