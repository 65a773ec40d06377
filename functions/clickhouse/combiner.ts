import { setTimeout as sleep } from 'node:timers/promises'

interface Waiting<T> {
  entries: readonly T[]
  done: () => void
  failed: (error: unknown) => void
}

export interface CombinerOptions<T> {
  /** Stores entries of one or several callers, all or none. */
  store: (entries: readonly T[]) => Promise<void>
  /** Whether each caller's entries are worth a try of their own after they failed together. */
  splits: (error: unknown) => boolean
  /** Between the starts of two stores, ms: what comes meanwhile goes together. A first one never waits. */
  everyMs: number
  /** Entries at which the next store starts at once, and the most that one takes beside a caller's own. */
  most: number
}

/**
 * Joins what callers want to store at the same time into one store: a part of ClickHouse costs the same for one row
 * as for thousands. `add` resolves when the caller's own entries are stored.
 */
export class Combiner<T> {
  private readonly options: CombinerOptions<T>
  private waiting: Waiting<T>[] = []
  private running = false
  private lastStart = Number.NEGATIVE_INFINITY
  private full: (() => void) | undefined

  constructor(options: CombinerOptions<T>) {
    this.options = options
  }

  add(entries: readonly T[]): Promise<void> {
    if (entries.length === 0) return Promise.resolve()
    return new Promise((done, failed) => {
      this.waiting.push({ entries, done, failed })
      if (this.count() >= this.options.most) this.full?.()
      if (!this.running) void this.run()
    })
  }

  private count(): number {
    return this.waiting.reduce((sum, { entries }) => sum + entries.length, 0)
  }

  private async run(): Promise<void> {
    this.running = true
    while (this.waiting.length > 0) {
      await this.pause()
      this.lastStart = Date.now()
      await this.storeAll(this.take())
    }
    this.running = false
  }

  private async pause(): Promise<void> {
    const left = this.lastStart + this.options.everyMs - Date.now()
    if (left <= 0 || this.count() >= this.options.most) return
    const over = new AbortController()
    this.full = () => over.abort()
    await sleep(left, undefined, { signal: over.signal }).catch(() => {})
    this.full = undefined
  }

  private take(): Waiting<T>[] {
    let taken = 0
    let count = 0
    for (const { entries } of this.waiting) {
      if (taken > 0 && count + entries.length > this.options.most) break
      count += entries.length
      taken++
    }
    return this.waiting.splice(0, taken)
  }

  private async storeAll(group: readonly Waiting<T>[]): Promise<void> {
    try {
      await this.options.store(group.flatMap(({ entries }) => entries))
      for (const { done } of group) done()
    } catch (error) {
      if (group.length > 1 && this.options.splits(error)) {
        for (const each of group) await this.storeAll([each])
      } else for (const { failed } of group) failed(error)
    }
  }
}
