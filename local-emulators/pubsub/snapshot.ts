import type { ByteBudget } from './budget.ts'
import type { StoredMessage } from './messages.ts'
import { deletedTopic } from './names.ts'
import type { Snapshot as SnapshotResource } from './protos.ts'
import { Retained } from './retained.ts'
import { day, fromMs } from './time.ts'
import type { Topic } from './topic.ts'

/** The longest that a snapshot lives. */
export const snapshotLifeMs = 7 * day

/** What was unacknowledged in a subscription at one moment, and all that was published since. */
export class SnapshotState {
  readonly name: string
  labels: Record<string, string>
  expireMs: number
  topic: Topic | null
  readonly #messages: Retained

  constructor(
    name: string,
    topic: Topic | null,
    labels: Record<string, string>,
    expireMs: number,
    budget: ByteBudget,
  ) {
    this.name = name
    this.topic = topic
    this.labels = labels
    this.expireMs = expireMs
    this.#messages = new Retained(budget)
    topic?.snapshots.add(this)
  }

  add(message: StoredMessage): void {
    this.#messages.add(message)
  }

  messages(): IterableIterator<StoredMessage> {
    return this.#messages.values()
  }

  /** Lets all its messages go. */
  drop(): void {
    this.topic?.snapshots.delete(this)
    this.#messages.clear()
  }

  resource(): SnapshotResource {
    return {
      name: this.name,
      topic: this.topic?.name ?? deletedTopic,
      expireTime: fromMs(this.expireMs),
      labels: this.labels,
    }
  }
}
