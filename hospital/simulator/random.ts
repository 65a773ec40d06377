/** Items with running sums of their weights, ready to be drawn from. */
export interface Weighted<T> {
  readonly items: readonly T[]
  readonly sums: readonly number[]
}

/** Prepares items for `Random.draw`; a heavier item is drawn more often. */
export function weighted<T>(items: readonly T[], weightOf: (item: T) => number): Weighted<T> {
  let total = 0
  const sums = items.map((item) => {
    total += weightOf(item)
    return total
  })
  return { items, sums }
}

/** A seeded stream of numbers (sfc32): the same seed gives the same stream on every machine. */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = Math.floor(seed / 2 ** 32) | 0
    this.#c = 0x9e3779b9 | 0
    for (let i = 0; i < 16; i++) this.next()
  }

  /** From 0 up to but not including 1. */
  next(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }

  chance(probability: number): boolean {
    return this.next() < probability
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1))
  }

  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('nothing to pick from')
    return items[this.int(0, items.length - 1)]!
  }

  draw<T>({ items, sums }: Weighted<T>): T {
    if (items.length === 0) throw new RangeError('nothing to draw from')
    const target = this.next() * sums[sums.length - 1]!
    let low = 0
    let high = items.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if (sums[middle]! > target) high = middle
      else low = middle + 1
    }
    return items[low]!
  }
}
