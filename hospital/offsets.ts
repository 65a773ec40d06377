import type { Offsets } from './lake-names.ts'

/** The ranges in order, with those joined that touch or overlap. */
export function union(ranges: readonly Offsets[]): Offsets[] {
  const joined: Offsets[] = []
  for (const range of [...ranges].sort((a, b) => a.first - b.first)) {
    const last = joined.at(-1)
    if (last && range.first <= last.last + 1) last.last = Math.max(last.last, range.last)
    else joined.push({ ...range })
  }
  return joined
}

/** What of the first ranges the second ones do not have. Both may be in any order. */
export function minus(ranges: readonly Offsets[], without: readonly Offsets[]): Offsets[] {
  const left: Offsets[] = []
  const taken = union(without)
  let at = 0
  for (const { first, last } of union(ranges)) {
    let next = first
    while (at < taken.length && taken[at]!.last < first) at++
    for (let i = at; i < taken.length && taken[i]!.first <= last; i++) {
      if (taken[i]!.first > next) left.push({ first: next, last: taken[i]!.first - 1 })
      next = Math.max(next, taken[i]!.last + 1)
    }
    if (next <= last) left.push({ first: next, last })
  }
  return left
}

/** Whether the first ranges and the second ones share an offset. */
export function share(ranges: readonly Offsets[], others: readonly Offsets[]): boolean {
  const left = minus(ranges, others).reduce((sum, { first, last }) => sum + last - first + 1, 0)
  return left < union(ranges).reduce((sum, { first, last }) => sum + last - first + 1, 0)
}

/** The ranges cut in what lies below an offset and what does not. */
export function cutAt(ranges: readonly Offsets[], offset: number): { below: Offsets[]; from: Offsets[] } {
  const below = ranges.flatMap(({ first, last }) =>
    first < offset ? [{ first, last: Math.min(last, offset - 1) }] : [],
  )
  const from = ranges.flatMap(({ first, last }) =>
    last >= offset ? [{ first: Math.max(first, offset), last }] : [],
  )
  return { below, from }
}
