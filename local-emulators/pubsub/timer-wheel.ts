/**
 * Items by the time at which they fall due, in buckets of `granularity` ms. Adding is O(1); nothing falls due
 * early. An item is not removed when it is settled elsewhere: the caller skips stale ones, and `compact` drops
 * them when they outnumber the live ones.
 */
export class TimerWheel<T> {
  readonly #granularity: number
  readonly #buckets = new Map<number, T[]>()
  readonly #heap: number[] = []
  #size = 0

  constructor(granularity = 10) {
    this.#granularity = granularity
  }

  get size(): number {
    return this.#size
  }

  add(at: number, item: T): void {
    const bucket = Math.ceil(at / this.#granularity)
    const items = this.#buckets.get(bucket)
    if (items) items.push(item)
    else {
      this.#buckets.set(bucket, [item])
      this.#rise(bucket)
    }
    this.#size++
  }

  /** When the next bucket falls due, if there is one. */
  nextAt(): number | undefined {
    const bucket = this.#heap[0]
    return bucket === undefined ? undefined : bucket * this.#granularity
  }

  /** Takes out every item that is due. */
  takeDue(now: number): T[] {
    const due: T[] = []
    for (let next = this.nextAt(); next !== undefined && next <= now; next = this.nextAt()) {
      const bucket = this.#sink()
      for (const item of this.#buckets.get(bucket) ?? []) due.push(item)
      this.#buckets.delete(bucket)
    }
    this.#size -= due.length
    return due
  }

  /** Keeps only the items that are still wanted. */
  compact(keep: (item: T) => boolean): void {
    const kept: [number, T[]][] = []
    for (const [bucket, items] of this.#buckets) {
      const left = items.filter(keep)
      if (left.length > 0) kept.push([bucket, left])
    }
    this.clear()
    for (const [bucket, items] of kept) {
      this.#buckets.set(bucket, items)
      this.#rise(bucket)
      this.#size += items.length
    }
  }

  clear(): void {
    this.#buckets.clear()
    this.#heap.length = 0
    this.#size = 0
  }

  #rise(bucket: number): void {
    const heap = this.#heap
    let at = heap.push(bucket) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]! <= bucket) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = bucket
  }

  #sink(): number {
    const heap = this.#heap
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length > 0) {
      let at = 0
      for (;;) {
        let child = 2 * at + 1
        if (child >= heap.length) break
        if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++
        if (heap[child]! >= last) break
        heap[at] = heap[child]!
        at = child
      }
      heap[at] = last
    }
    return first
  }
}
