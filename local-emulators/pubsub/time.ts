import type { Duration, Timestamp } from './protos.ts'

/** Where the time comes from, so that tests can move it. */
export interface Clock {
  now(): number
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now() }

export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

type SecondsAndNanos = Duration | Timestamp | null | undefined

/** A Duration or Timestamp in milliseconds; undefined when it is not set. */
export function toMs(value: SecondsAndNanos): number | undefined {
  if (value === null || value === undefined) return undefined
  return Number(value.seconds ?? 0) * 1000 + Number(value.nanos ?? 0) / 1e6
}

/** Milliseconds as a Duration or Timestamp. */
export function fromMs(ms: number): { seconds: number; nanos: number } {
  const seconds = Math.floor(ms / 1000)
  return { seconds, nanos: Math.round((ms - seconds * 1000) * 1e6) }
}
