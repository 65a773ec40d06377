/** Offsets of one topic partition, both ends included. */
export interface Range {
  first: number
  last: number
}

/** The ranges in order, with those joined that touch or overlap. */
export function union(ranges: readonly Range[]): Range[] {
  const joined: Range[] = []
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const last = joined.at(-1)
    if (last && range.first <= last.last + 1) last.last = Math.max(last.last, range.last)
    else joined.push({ ...range })
  }
  return joined
}

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
