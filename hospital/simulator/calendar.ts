/** A day as a count from 1970-01-01. */
export type Day = number

const MS_A_DAY = 86_400_000

/** Reads `YYYY-MM-DD`; null for anything else, such as PostgreSQL's dates before Christ. */
export function readDay(text: string): Day | null {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? null : ms / MS_A_DAY
}

/** Reads `YYYY-MM-DD`. Throws a RangeError on anything else. */
export function parseDay(text: string): Day {
  const day = readDay(text)
  if (day === null) throw new RangeError('not a date as YYYY-MM-DD')
  return day
}

export function formatDay(day: Day): string {
  return new Date(day * MS_A_DAY).toISOString().slice(0, 10)
}

/** A day and the milliseconds since its midnight as an ISO 8601 instant in UTC. */
export function formatInstant(day: Day, ms: number): string {
  return new Date(day * MS_A_DAY + ms).toISOString()
}

export function isWeekend(day: Day): boolean {
  const weekday = (day + 4) % 7
  return weekday === 0 || weekday === 6
}

/** Whole years on a day, exact around the birthday; a birthday on 29 February counts from 1 March. */
export function ageInYears(birth: Day, on: Day): number {
  const from = new Date(birth * MS_A_DAY)
  const to = new Date(on * MS_A_DAY)
  const years = to.getUTCFullYear() - from.getUTCFullYear()
  const months = to.getUTCMonth() - from.getUTCMonth()
  const early = months < 0 || (months === 0 && to.getUTCDate() < from.getUTCDate())
  return early ? years - 1 : years
}

export const NEWBORN_DAYS = 28

/** Whole years, or -1 for a newborn: the scale that diagnoses and medicines give their age limits on. */
export type AgeBand = number

export const NEWBORN: AgeBand = -1

export function ageBand(birth: Day, on: Day): AgeBand {
  return on - birth <= NEWBORN_DAYS ? NEWBORN : ageInYears(birth, on)
}
