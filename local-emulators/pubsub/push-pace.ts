import { backoffMs } from './backoff.ts'

/** How long a failing endpoint is left alone when the subscription has no retry policy. */
export const pushBackoff = { minimumMs: 100, maximumMs: 60_000 }

export interface PaceOptions {
  initialWindow: number
  maxWindow: number
}

/**
 * How fast a subscription pushes. The window of pushes under way starts small, grows by one with every success
 * (so it doubles every round trip) and halves on a failure. Failures in a row also pause the pushing, ever longer.
 */
export class PushPace {
  readonly #max: number
  #window: number
  #failures = 0
  #pausedUntil = 0

  constructor({ initialWindow, maxWindow }: PaceOptions) {
    this.#max = maxWindow
    this.#window = Math.min(initialWindow, maxWindow)
  }

  get window(): number {
    return this.#window
  }

  get pausedUntil(): number {
    return this.#pausedUntil
  }

  succeed(): void {
    this.#failures = 0
    this.#window = Math.min(this.#max, this.#window + 1)
  }

  /** Counts a failure; pushes that were already under way when the pause began count once with it. */
  fail(now: number, pause: boolean): void {
    if (now < this.#pausedUntil) return
    this.#window = Math.max(1, Math.floor(this.#window / 2))
    if (!pause) return
    this.#failures++
    this.#pausedUntil = now + backoffMs(pushBackoff, this.#failures)
  }
}
