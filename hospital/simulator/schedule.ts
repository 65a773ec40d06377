import type { Day } from './calendar.ts'

interface Entry {
  due: Day
  order: number
  run: () => void
}

function before(a: Entry, b: Entry): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order)
}

/** What is still to happen, the earliest first; of one day, in the order it was added. A binary heap. */
export class Schedule {
  #heap: Entry[] = []
  #order = 0

  get size(): number {
    return this.#heap.length
  }

  get nextDue(): Day {
    return this.#heap[0]?.due ?? Number.POSITIVE_INFINITY
  }

  add(due: Day, run: () => void): void {
    const entry = { due, order: this.#order++, run }
    const heap = this.#heap
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (before(heap[parent]!, entry)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }

  /** Takes out the earliest and runs it. */
  runNext(): void {
    const heap = this.#heap
    const first = heap[0]
    const last = heap.pop()
    if (!first || !last) return
    if (heap.length > 0) {
      let at = 0
      for (;;) {
        let child = 2 * at + 1
        if (child >= heap.length) break
        if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child += 1
        if (before(last, heap[child]!)) break
        heap[at] = heap[child]!
        at = child
      }
      heap[at] = last
    }
    first.run()
  }
}
