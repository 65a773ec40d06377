/** Says how many changes are due, without drift: always from the time since the start. Times are milliseconds. */
export class Pacer {
  readonly #rate: number
  readonly #mostBehind: number
  readonly #start: number
  #done = 0
  #skipped = 0

  /** After a stall at most `catchUpSeconds` of work are caught up; the rest is skipped. */
  constructor(rate: number, catchUpSeconds: number, start: number) {
    this.#rate = rate
    this.#mostBehind = rate * catchUpSeconds
    this.#start = start
  }

  get skipped(): number {
    return Math.floor(this.#skipped)
  }

  due(now: number): number {
    const target = ((now - this.#start) / 1000) * this.#rate - this.#skipped
    const behind = target - this.#done
    if (behind > this.#mostBehind) this.#skipped += behind - this.#mostBehind
    return Math.max(0, Math.floor(Math.min(behind, this.#mostBehind)))
  }

  done(count: number): void {
    this.#done += count
  }
}
