import type { Entry } from './entry.ts'
import type { KeyLine } from './key-line.ts'
import { TimerWheel } from './timer-wheel.ts'

/** How many settled leases may lie in the wheel before it is worth clearing them out. */
const settledLeases = 10_000

/** What has come due in a subscription. */
export interface Due {
  expired: Entry[]
  ready: Entry[]
  lines: KeyLine[]
}

/** When the leases and back-offs of a subscription end. */
export class Schedule {
  readonly #deadlines = new TimerWheel<Entry>()
  readonly #delays = new TimerWheel<Entry | KeyLine>()

  /** Ends the lease of a message at `until`. */
  lease(entry: Entry, until: number): void {
    entry.until = until
    this.#deadlines.add(until, entry)
  }

  /** Keeps a message back until `until`. */
  delay(entry: Entry, until: number): void {
    entry.until = until
    entry.state = 'delayed'
    this.#delays.add(until, entry)
  }

  /** Keeps an ordering key back until `until`. */
  pause(line: KeyLine, until: number): void {
    line.resumeAt = until
    this.#delays.add(until, line)
  }

  /** Takes out what is due; `leased` is the number of live leases. */
  takeDue(now: number, leased: number): Due {
    const expired = this.#deadlines
      .takeDue(now)
      .filter((entry) => entry.state === 'leased' && entry.until <= now)
    const due: Due = { expired, ready: [], lines: [] }
    for (const item of this.#delays.takeDue(now)) {
      if ('waiting' in item) {
        if (item.resumeAt > 0 && item.resumeAt <= now) due.lines.push(item)
      } else if (item.state === 'delayed' && item.until <= now) due.ready.push(item)
    }
    if (this.#deadlines.size > 2 * leased + settledLeases) {
      this.#deadlines.compact((entry) => entry.state === 'leased')
    }
    return due
  }

  nextAt(): number | undefined {
    const [deadline, delay] = [this.#deadlines.nextAt(), this.#delays.nextAt()]
    if (deadline === undefined || delay === undefined) return deadline ?? delay
    return Math.min(deadline, delay)
  }

  clear(): void {
    this.#deadlines.clear()
    this.#delays.clear()
  }
}
