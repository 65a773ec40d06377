const smallest = 16

/** A double-ended queue on a ring buffer: every operation is O(1), and it shrinks when it empties. */
export class Deque<T> {
  #ring: (T | undefined)[] = new Array(smallest)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#resize(this.#ring.length * 2)
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item
    this.#length++
  }

  unshift(item: T): void {
    if (this.#length === this.#ring.length) this.#resize(this.#ring.length * 2)
    this.#head = (this.#head - 1) & (this.#ring.length - 1)
    this.#ring[this.#head] = item
    this.#length++
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined
    const item = this.#ring[this.#head]
    this.#ring[this.#head] = undefined
    this.#head = (this.#head + 1) & (this.#ring.length - 1)
    this.#length--
    this.#shrink()
    return item
  }

  pop(): T | undefined {
    if (this.#length === 0) return undefined
    const at = (this.#head + this.#length - 1) & (this.#ring.length - 1)
    const item = this.#ring[at]
    this.#ring[at] = undefined
    this.#length--
    this.#shrink()
    return item
  }

  peek(): T | undefined {
    return this.#ring[this.#head]
  }

  /** Exchanges the first item with the one at `index`. */
  swapFirst(index: number): void {
    const at = (this.#head + index) & (this.#ring.length - 1)
    const first = this.#ring[this.#head]
    this.#ring[this.#head] = this.#ring[at]
    this.#ring[at] = first
  }

  clear(): void {
    this.#ring = new Array(smallest)
    this.#head = 0
    this.#length = 0
  }

  *[Symbol.iterator](): Iterator<T> {
    for (let i = 0; i < this.#length; i++) {
      yield this.#ring[(this.#head + i) & (this.#ring.length - 1)] as T
    }
  }

  #shrink(): void {
    if (this.#ring.length > smallest && this.#length * 4 < this.#ring.length) {
      this.#resize(this.#ring.length / 2)
    }
  }

  #resize(capacity: number): void {
    const ring: (T | undefined)[] = new Array(capacity)
    for (let i = 0; i < this.#length; i++) {
      ring[i] = this.#ring[(this.#head + i) & (this.#ring.length - 1)]
    }
    this.#ring = ring
    this.#head = 0
  }
}
