import type { Receiver } from './dispatcher.ts'
import { Consumer, type Lease } from './entry.ts'
import type { RpcError } from './status.ts'
import type { Subscription } from './subscription.ts'

/** A pull response carries about this much; the last message may exceed it. */
export const pullBytes = 10_000_000

/** Takes what is there, without waiting. */
export function pullNow(subscription: Subscription, max: number, shuffler?: () => number): Lease[] {
  const consumer = new Consumer()
  subscription.queue.tick()
  const deadline = subscription.config.ackDeadlineMs
  const leases = subscription.queue.take(consumer, max, pullBytes, deadline, shuffler)
  subscription.queue.leave(consumer)
  subscription.dispatcher.schedule()
  return leases
}

/** A pull request that waits for at least one message, for no longer than `waitMs`. */
export class WaitingPull implements Receiver {
  readonly consumer = new Consumer()
  readonly once = true
  readonly #subscription: Subscription
  readonly #max: number
  readonly #done = Promise.withResolvers<Lease[]>()
  readonly #timer: NodeJS.Timeout

  constructor(subscription: Subscription, max: number, waitMs: number) {
    this.#subscription = subscription
    this.#max = max
    this.#timer = setTimeout(() => this.cancel(), waitMs)
    subscription.dispatcher.join(this)
  }

  get leases(): Promise<Lease[]> {
    return this.#done.promise
  }

  room(): { messages: number; bytes: number } {
    return { messages: this.#max, bytes: pullBytes }
  }

  deadlineMs(): number {
    return this.#subscription.config.ackDeadlineMs
  }

  deliver(leases: Lease[]): void {
    clearTimeout(this.#timer)
    this.#done.resolve(leases)
  }

  fail(error: RpcError): void {
    clearTimeout(this.#timer)
    this.#done.reject(error)
  }

  /** Stops waiting, with nothing. */
  cancel(): void {
    this.#subscription.dispatcher.leave(this)
    this.deliver([])
  }
}
