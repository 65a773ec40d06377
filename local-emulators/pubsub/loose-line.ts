import { Deque } from './deque.ts'
import type { Entry } from './entry.ts'

/** How far a shuffled delivery reaches into the backlog. */
const shuffleReach = 100

/**
 * Messages without an ordering key that wait for delivery. New ones and redelivered ones take turns, so neither a
 * long backlog nor a message that always fails holds up the others.
 */
export class LooseLine {
  readonly #fresh = new Deque<Entry>()
  readonly #again = new Deque<Entry>()
  #turn = false

  get length(): number {
    return this.#fresh.length + this.#again.length
  }

  add(entry: Entry): void {
    this.#fresh.push(entry)
  }

  addAgain(entry: Entry): void {
    this.#again.push(entry)
  }

  /** Takes the next message out; `random` picks it from further back. */
  next(random?: () => number): Entry | undefined {
    this.#turn = !this.#turn
    const [first, second] = this.#turn ? [this.#fresh, this.#again] : [this.#again, this.#fresh]
    return this.#ready(first, random) ?? this.#ready(second, random)
  }

  clear(): void {
    this.#fresh.clear()
    this.#again.clear()
  }

  #ready(line: Deque<Entry>, random?: () => number): Entry | undefined {
    if (random && line.length > 1) {
      line.swapFirst(Math.floor(random() * Math.min(line.length, shuffleReach)))
    }
    for (let entry = line.shift(); entry; entry = line.shift()) {
      if (entry.state === 'ready') return entry
    }
    return undefined
  }
}
