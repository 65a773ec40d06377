import type { ByteBudget } from './budget.ts'
import type { StoredMessage } from './messages.ts'

/** Messages kept for a seek after everyone is done with them, until they are too old. */
export class Retained {
  readonly #messages = new Map<number, StoredMessage>()
  readonly #budget: ByteBudget

  constructor(budget: ByteBudget) {
    this.#budget = budget
  }

  get size(): number {
    return this.#messages.size
  }

  add(message: StoredMessage): void {
    if (this.#messages.has(message.seq)) return
    this.#messages.set(message.seq, message)
    this.#budget.hold(message)
  }

  /** Drops the messages published before the given time. */
  expire(before: number): void {
    for (const message of this.#messages.values()) {
      if (message.publishMs >= before) break
      this.#messages.delete(message.seq)
      this.#budget.release(message)
    }
  }

  values(): IterableIterator<StoredMessage> {
    return this.#messages.values()
  }

  clear(): void {
    for (const message of this.#messages.values()) this.#budget.release(message)
    this.#messages.clear()
  }
}
