import type { Offsets } from '@pipeline/hospital/lake-names.ts'
import { union } from '@pipeline/hospital/offsets.ts'

export { union } from '@pipeline/hospital/offsets.ts'

/** Offsets of one topic partition, both ends included. */
export type Range = Offsets

/** What of `from` (included) to `end` (excluded) the ranges do not cover. */
export function missing(ranges: readonly Range[], from: number, end: number): Range[] {
  const gaps: Range[] = []
  let next = from
  for (const { first, last } of union(ranges)) {
    if (first >= end) break
    if (first > next) gaps.push({ first: next, last: first - 1 })
    next = Math.max(next, last + 1)
  }
  if (next < end) gaps.push({ first: next, last: end - 1 })
  return gaps
}

export function size(ranges: readonly Range[]): number {
  return ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

/** The gaps that have something covered after them: what comes in order would have filled them. */
export function holes(gaps: readonly Range[], ranges: readonly Range[]): Range[] {
  const highest = Math.max(-1, ...ranges.map(({ last }) => last))
  return gaps.filter(({ first }) => first < highest)
}
