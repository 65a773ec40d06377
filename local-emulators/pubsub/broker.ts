import { status } from '@grpc/grpc-js'
import { ByteBudget } from './budget.ts'
import type { Chaos } from './chaos.ts'
import { checkPublish, open, type StoredMessage, store } from './messages.ts'
import { deletedTopic, parseName, randomName } from './names.ts'
import type { PubsubMessage, Subscription as SubscriptionResource, Topic as TopicResource } from './protos.ts'
import { Pusher, type PushParts } from './push.ts'
import { SnapshotStore } from './snapshots.ts'
import type { EmulatorStats } from './stats.ts'
import { alreadyExists, failedPrecondition, notFound, RpcError } from './status.ts'
import { Subscription } from './subscription.ts'
import { checkedSubscription, type SubscriptionConfig, updatedSubscription } from './subscription-config.ts'
import type { Clock } from './time.ts'
import { Topic } from './topic.ts'
import { checkedTopic, updatedTopic } from './topic-config.ts'

export interface BrokerParts {
  clock: Clock
  chaos: Chaos
  maxBytes: number
  push: Omit<PushParts, 'chaos'>
}

type Paths = readonly string[] | null | undefined

/** Every topic, subscription and snapshot, and what may be done with them. */
export class Broker {
  readonly #parts: BrokerParts
  readonly #topics = new Map<string, Topic>()
  readonly #subscriptions = new Map<string, Subscription>()
  readonly #budget: ByteBudget
  readonly snapshots: SnapshotStore
  #messageId = Math.floor(1e15 + Math.random() * 1e15)

  constructor(parts: BrokerParts) {
    this.#parts = parts
    this.#budget = new ByteBudget(parts.maxBytes)
    this.snapshots = new SnapshotStore(parts.clock, this.#budget)
  }

  topics(): IterableIterator<Topic> {
    return this.#topics.values()
  }

  subscriptions(): IterableIterator<Subscription> {
    return this.#subscriptions.values()
  }

  topic(name: string | null | undefined): Topic {
    parseName('topics', name)
    const topic = this.#topics.get(name!)
    if (!topic) throw notFound(name!)
    return topic
  }

  subscription(name: string | null | undefined): Subscription {
    parseName('subscriptions', name)
    const subscription = this.#subscriptions.get(name!)
    if (!subscription) throw notFound(name!)
    return subscription
  }

  createTopic(sent: TopicResource): Topic {
    const resource = checkedTopic(sent)
    if (this.#topics.has(resource.name!)) throw alreadyExists(resource.name!)
    const topic = new Topic(resource, this.#budget)
    this.#topics.set(topic.name, topic)
    return topic
  }

  updateTopic(patch: TopicResource, paths: Paths): Topic {
    const topic = this.topic(patch.name)
    topic.resource = updatedTopic(topic.resource, patch, paths)
    topic.expire(this.#parts.clock.now())
    return topic
  }

  /** Deletes a topic; its subscriptions keep their messages and show that it is gone. */
  deleteTopic(name: string | null | undefined): void {
    const topic = this.topic(name)
    this.#topics.delete(topic.name)
    for (const subscription of topic.subscriptions) subscription.topic = null
    for (const snapshot of topic.snapshots) snapshot.topic = null
    topic.subscriptions.clear()
    topic.snapshots.clear()
    topic.retained.clear()
  }

  /** Publishes messages and returns their ids; the byte limit is refused as a quota is. */
  publish(topicName: string | null | undefined, messages: readonly PubsubMessage[]): string[] {
    const topic = this.topic(topicName)
    checkPublish(messages)
    const bytes = messages.reduce((sum, message) => sum + (message.data?.length ?? 0), 0)
    if (topic.keeps && !this.#budget.fits(bytes, messages.length)) {
      throw new RpcError(
        status.RESOURCE_EXHAUSTED,
        `The emulator's limit of ${this.#budget.limit} bytes of unacknowledged messages is reached; acknowledge some first.`,
      )
    }
    return messages.map((message) => this.#append(topic, message, message.attributes ?? {}))
  }

  createSubscription(sent: SubscriptionResource): Subscription {
    const { project } = parseName('topics', sent.topic)
    const name = sent.name || randomName('subscriptions', project)
    parseName('subscriptions', name)
    const config = checkedSubscription({ ...sent, name })
    if (this.#subscriptions.has(name)) throw alreadyExists(name)
    const topic = this.topic(sent.topic)
    if (config.deadLetter) this.topic(config.deadLetter.topic)
    const subscription = new Subscription(config, topic, {
      ...this.#parts,
      budget: this.#budget,
      deadLetter: (source, message, attempts) => this.#deadLetter(source, message, attempts),
    })
    this.#subscriptions.set(name, subscription)
    this.#startPush(subscription)
    return subscription
  }

  updateSubscription(patch: SubscriptionResource, paths: Paths): Subscription {
    const subscription = this.subscription(patch.name)
    const before = subscription.config.deadLetter?.topic
    const config = updatedSubscription(subscription.config, patch, paths)
    if (config.deadLetter && config.deadLetter.topic !== before) this.topic(config.deadLetter.topic)
    this.reconfigure(subscription, config)
    return subscription
  }

  /** Gives a subscription new settings and restarts its pushing when that has changed. */
  reconfigure(subscription: Subscription, config: SubscriptionConfig): void {
    const pushChanged = JSON.stringify(config.push) !== JSON.stringify(subscription.config.push)
    subscription.configure(config)
    subscription.touch()
    if (pushChanged) this.#startPush(subscription)
    subscription.dispatcher.schedule()
  }

  deleteSubscription(name: string | null | undefined): void {
    const subscription = this.subscription(name)
    this.#subscriptions.delete(subscription.name)
    subscription.topic?.subscriptions.delete(subscription)
    this.#retire(subscription, notFound(subscription.name))
    subscription.dispatcher.stop()
  }

  /** Cuts a subscription off from its topic and drops its messages. */
  detach(name: string | null | undefined): void {
    const subscription = this.subscription(name)
    subscription.detached = true
    subscription.topic?.subscriptions.delete(subscription)
    this.#retire(subscription, failedPrecondition('The subscription is detached from its topic.'))
  }

  /** Drops what is too old: messages, subscriptions that nobody uses, snapshots. */
  sweep(): void {
    const now = this.#parts.clock.now()
    for (const topic of this.#topics.values()) topic.expire(now)
    for (const subscription of this.#subscriptions.values()) {
      const { retentionMs, ttlMs } = subscription.config
      subscription.queue.expire(Math.max(retentionMs, subscription.topic?.retentionMs ?? 0))
      const idle =
        subscription.dispatcher.receivers === 0 && now - subscription.lastUsedMs > (ttlMs ?? Infinity)
      if (idle) this.deleteSubscription(subscription.name)
    }
    this.snapshots.expire()
  }

  stats(): EmulatorStats {
    return {
      topics: Object.fromEntries([...this.#topics].map(([name, topic]) => [name, topic.stats()])),
      subscriptions: Object.fromEntries([...this.#subscriptions].map(([name, sub]) => [name, sub.stats()])),
      bytesUsed: this.#budget.used,
      maxBytes: this.#budget.limit,
    }
  }

  stop(): void {
    for (const subscription of this.#subscriptions.values()) {
      subscription.dispatcher.dismiss(new RpcError(status.UNAVAILABLE, 'The emulator is stopping.'))
      subscription.dispatcher.stop()
    }
  }

  #append(topic: Topic, message: PubsubMessage, attributes: Record<string, string>): string {
    const id = String(this.#messageId++)
    topic.publish(store(message, topic.nextSeq++, id, this.#parts.clock.now()), attributes)
    return id
  }

  #startPush(subscription: Subscription): void {
    subscription.pusher?.stop()
    subscription.pusher = undefined
    if (!subscription.config.push || subscription.detached) return
    subscription.dispatcher.dismiss(
      failedPrecondition('This method is not supported for this subscription type.'),
    )
    subscription.pusher = new Pusher(subscription, { ...this.#parts.push, chaos: this.#parts.chaos })
  }

  #retire(subscription: Subscription, reason: RpcError): void {
    subscription.pusher?.stop()
    subscription.pusher = undefined
    subscription.dispatcher.dismiss(reason)
    subscription.clear()
  }

  #deadLetter(source: Subscription, message: StoredMessage, attempts: number): boolean {
    const topic = this.#topics.get(source.config.deadLetter?.topic ?? deletedTopic)
    if (!topic) return false
    const { project, id } = parseName('subscriptions', source.name)
    const { data, attributes } = open(message)
    const marked = {
      ...attributes,
      CloudPubSubDeadLetterSourceDeliveryCount: String(attempts),
      CloudPubSubDeadLetterSourceSubscription: id,
      CloudPubSubDeadLetterSourceSubscriptionProject: project,
      CloudPubSubDeadLetterSourceTopicPublishTime: new Date(message.publishMs).toISOString(),
    }
    this.#append(topic, { data, attributes: marked, orderingKey: message.orderingKey }, marked)
    return true
  }
}
