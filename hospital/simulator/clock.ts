import { type Day, formatDay, formatInstant, isWeekend } from './calendar.ts'

const OPENS = 7 * 3_600_000
const OPEN_FOR = 14 * 3_600_000
const WEEKDAY_SHARE = 1.22
const WEEKEND_SHARE = 0.45

/** Virtual time: it moves with the visits, fewer of them at a weekend, and stays on the last day once there. */
export class Clock {
  readonly lastDay: Day
  #day: Day
  #visitsADay: number
  #quota = 0
  #seen = 0

  constructor(day: Day, visitsADay: number, lastDay: Day) {
    this.#day = day
    this.#visitsADay = visitsADay
    this.lastDay = lastDay
    this.#open()
  }

  get day(): Day {
    return this.#day
  }

  get date(): string {
    return formatDay(this.#day)
  }

  /** The instant of the latest visit; `fraction` from 0 to 1 places it between that visit and the next. */
  instant(fraction: number): string {
    const share = Math.min((this.#seen + fraction) / Math.max(this.#quota, this.#seen + 1), 1)
    return formatInstant(this.#day, Math.floor(OPENS + OPEN_FOR * share))
  }

  /** A day `days` from now, or the last day. */
  after(days: number): Day {
    return Math.min(this.#day + days, this.lastDay)
  }

  /** Whether the day has room for one more visit; takes that room if so. */
  takeVisit(): boolean {
    if (this.#quota - this.#seen < 1) return false
    this.#seen += 1
    return true
  }

  nextDay(): void {
    if (this.#day < this.lastDay) this.#day += 1
    this.#open()
  }

  #open(): void {
    const unused = this.#quota - this.#seen
    this.#quota = unused + this.#visitsADay * (isWeekend(this.#day) ? WEEKEND_SHARE : WEEKDAY_SHARE)
    this.#seen = 0
  }
}
