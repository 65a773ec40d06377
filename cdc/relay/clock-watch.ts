const TOLERATED_MS = 1_000

/** Notices when the wall clock was set back, by a clock that never jumps. */
export class ClockWatch {
  readonly #wall: () => number
  readonly #steady: () => number
  #ahead: number

  /** `wall` and `steady` in milliseconds. */
  constructor(wall: () => number = Date.now, steady: () => number = () => performance.now()) {
    this.#wall = wall
    this.#steady = steady
    this.#ahead = wall() - steady()
  }

  /** Milliseconds by which the wall clock was set back since the last look; 0 unless it is more than a second. */
  setBackBy(): number {
    const ahead = this.#wall() - this.#steady()
    const back = this.#ahead - ahead
    this.#ahead = ahead
    return back > TOLERATED_MS ? back : 0
  }
}
