import type { Offsets } from '@pipeline/hospital/lake-names.ts'
import { minus } from '@pipeline/hospital/offsets.ts'

/** Offsets of one topic partition, both ends included. */
export type Range = Offsets

/** What of `from` (included) to `end` (excluded) the ranges do not cover. */
export function missing(ranges: readonly Range[], from: number, end: number): Range[] {
  return from < end ? minus([{ first: from, last: end - 1 }], ranges) : []
}

export function size(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

/** The gaps that have something covered after them: what comes in order would have filled them. */
export function holes(gaps: readonly Range[], ranges: readonly Range[]): Range[] {
  const highest = Math.max(-1, ...ranges.map(({ last }) => last))
  return gaps.filter(({ first }) => first < highest)
}
