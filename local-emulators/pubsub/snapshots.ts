import type { ByteBudget } from './budget.ts'
import { applyMask, type MaskRules } from './field-mask.ts'
import type { StoredMessage } from './messages.ts'
import { checkLabels, parseName, randomName } from './names.ts'
import { type Snapshot, v1 } from './protos.ts'
import { SnapshotState, snapshotLifeMs } from './snapshot.ts'
import { alreadyExists, checkRange, failedPrecondition, notFound } from './status.ts'
import type { Subscription } from './subscription.ts'
import { type Clock, hour, toMs } from './time.ts'

const rules: MaskRules = {
  request: 'UpdateSnapshotRequest',
  resource: 'Snapshot',
  known: v1.Snapshot.prototype,
  mutable: new Set(['labels', 'expireTime']),
}

/** The snapshots, and the seeks of subscriptions to a snapshot or a time. */
export class SnapshotStore {
  readonly #clock: Clock
  readonly #budget: ByteBudget
  readonly #snapshots = new Map<string, SnapshotState>()

  constructor(clock: Clock, budget: ByteBudget) {
    this.#clock = clock
    this.#budget = budget
  }

  values(): IterableIterator<SnapshotState> {
    return this.#snapshots.values()
  }

  get(name: string | null | undefined): SnapshotState {
    parseName('snapshots', name)
    const snapshot = this.#snapshots.get(name!)
    if (!snapshot) throw notFound(name!)
    return snapshot
  }

  /** Keeps what is unacknowledged in a subscription now and what is published from now on. */
  create(
    sentName: string,
    subscription: Subscription,
    labels: Record<string, string> | null | undefined,
  ): SnapshotState {
    const name = sentName || randomName('snapshots', parseName('subscriptions', subscription.name).project)
    parseName('snapshots', name)
    checkLabels(labels)
    if (this.#snapshots.has(name)) throw alreadyExists(name)
    if (subscription.detached) throw failedPrecondition('The subscription is detached from its topic.')
    const now = this.#clock.now()
    const expireMs = (subscription.queue.oldestUnackedMs() ?? now) + snapshotLifeMs
    if (expireMs - now < hour) {
      throw failedPrecondition('The backlog is too old: the snapshot would expire in less than 1 hour.')
    }
    const snapshot = new SnapshotState(name, subscription.topic, { ...labels }, expireMs, this.#budget)
    for (const message of subscription.queue.contents().unacked) snapshot.add(message)
    this.#snapshots.set(name, snapshot)
    return snapshot
  }

  update(patch: Snapshot, paths: readonly string[] | null | undefined): SnapshotState {
    const snapshot = this.get(patch.name)
    const { labels, expireTime } = applyMask(rules, snapshot.resource(), patch, paths)
    checkLabels(labels)
    const now = this.#clock.now()
    const expireMs = toMs(expireTime) ?? snapshot.expireMs
    if (expireMs !== snapshot.expireMs) {
      checkRange('expire_time', expireMs / 1000, now / 1000, (now + snapshotLifeMs) / 1000)
    }
    snapshot.labels = { ...labels }
    snapshot.expireMs = expireMs
    return snapshot
  }

  delete(name: string | null | undefined): void {
    const snapshot = this.get(name)
    snapshot.drop()
    this.#snapshots.delete(snapshot.name)
  }

  /** Deletes the snapshots whose time is over. */
  expire(): void {
    const now = this.#clock.now()
    for (const snapshot of this.#snapshots.values()) if (snapshot.expireMs <= now) this.delete(snapshot.name)
  }

  /** Makes exactly the messages of a snapshot unacknowledged. */
  seekToSnapshot(subscription: Subscription, name: string): void {
    const snapshot = this.get(name)
    if (subscription.topic === null || snapshot.topic !== subscription.topic) {
      throw failedPrecondition('The snapshot must be of the same topic as the subscription.')
    }
    const wanted = new Set([...snapshot.messages()].map((message) => message.seq))
    this.#seek(subscription, snapshot.messages(), (message) => wanted.has(message.seq))
  }

  /** Makes the retained messages published before a time acknowledged, and the others unacknowledged. */
  seekToTime(subscription: Subscription, timeMs: number): void {
    this.#seek(subscription, [], (message) => message.publishMs >= timeMs)
  }

  #seek(
    subscription: Subscription,
    more: Iterable<StoredMessage>,
    unackedAfter: (message: StoredMessage) => boolean,
  ): void {
    if (subscription.detached) throw failedPrecondition('The subscription is detached from its topic.')
    const { unacked, acked } = subscription.queue.contents()
    const own = new Set([...unacked, ...acked])
    const others = [...more, ...(subscription.topic?.retained.values() ?? [])]
    const added = new Set(others.filter((message) => !own.has(message) && subscription.accepts(message)))
    const after: [StoredMessage[], StoredMessage[]] = [[], []]
    for (const message of [...own, ...added]) after[unackedAfter(message) ? 0 : 1].push(message)
    subscription.queue.replace(
      after[0],
      after[1].filter((message) => own.has(message)),
    )
    subscription.touch()
    subscription.dispatcher.schedule()
  }
}
