/**
 * A reading that is costly, or may fail for a moment: taken again after a while, and the last one stands in for a
 * failure until it is too old. Null when there is none.
 */
export class Kept<T> {
  private value: { of: T; at: number } | undefined
  private asked = Number.NEGATIVE_INFINITY
  private readonly read: () => Promise<T>
  private readonly everyMs: number
  private readonly patienceMs: number

  constructor(read: () => Promise<T>, everyMs: number, patienceMs: number) {
    this.read = read
    this.everyMs = everyMs
    this.patienceMs = patienceMs
  }

  async get(): Promise<T | null> {
    const now = performance.now()
    if (now - this.asked >= this.everyMs) {
      this.asked = now
      try {
        this.value = { of: await this.read(), at: performance.now() }
      } catch {
        // Nobody answered: the value below grows too old by itself.
      }
    }
    if (!this.value || performance.now() - this.value.at > this.patienceMs) return null
    return this.value.of
  }
}
