import { ByteBudget } from './budget.ts'
import { Consumer, type Lease } from './entry.ts'
import { type StoredMessage, store } from './messages.ts'
import { MessageQueue } from './queue.ts'
import type { QueueRules } from './queue-parts.ts'
import { newCounters } from './stats.ts'

const plain: QueueRules = {
  ordering: false,
  exactlyOnce: false,
  retainAcked: false,
  backoff: undefined,
  maxDeliveryAttempts: undefined,
}

/** A queue on a clock that only the test moves, and all that it touches. */
export class QueueBench {
  now = 1000
  deadTopic = true
  readonly buried: [string, number][] = []
  readonly budget = new ByteBudget(1e9)
  readonly counters = newCounters()
  readonly queue: MessageQueue
  #seq = 0

  constructor(rules: Partial<QueueRules> = {}, ids: string[] = [], key = '') {
    this.queue = new MessageQueue({
      clock: { now: () => this.now },
      budget: this.budget,
      counters: this.counters,
      rules: () => ({ ...plain, ...rules }),
      deadLetter: (message, attempts) => {
        if (this.deadTopic) this.buried.push([message.id, attempts])
        return this.deadTopic
      },
    })
    for (const id of ids) this.add(id, key)
  }

  add(id: string, orderingKey = ''): void {
    this.queue.add(this.#message(id, orderingKey))
  }

  take(max = 100, consumer = new Consumer()): Lease[] {
    return this.queue.take(consumer, max, 1e9, 10_000)
  }

  ack({ message, lease }: Lease): boolean {
    return this.queue.ack(message.seq, lease)
  }

  nack({ message, lease }: Lease): boolean {
    return this.queue.modify(message.seq, lease, 0)
  }

  /** Moves the clock. */
  at(time: number): void {
    this.now = time
    this.queue.tick()
  }

  #message(id: string, orderingKey: string): StoredMessage {
    return store({ data: Buffer.from(id), orderingKey }, ++this.#seq, id, this.now)
  }
}

/** Which messages were leased. */
export const ids = (leases: Lease[]): string[] => leases.map((lease) => lease.message.id)
