export interface OffsetRange {
  topic: string
  partition: number
  firstOffset: number
  lastOffset: number
}

function source(range: OffsetRange): string {
  return `${range.topic}/${range.partition}`
}

/** The smallest range of each topic partition that covers all of its ranges. */
export function spans(ranges: readonly OffsetRange[]): OffsetRange[] {
  const found = new Map<string, OffsetRange>()
  for (const range of ranges) {
    const span = found.get(source(range))
    if (span === undefined) found.set(source(range), { ...range })
    else {
      span.firstOffset = Math.min(span.firstOffset, range.firstOffset)
      span.lastOffset = Math.max(span.lastOffset, range.lastOffset)
    }
  }
  return [...found.values()]
}

/**
 * Splits ranges in those that share no offset with any other range or with one of `done`, and those that may.
 * Sorts by first offset and sweeps: n log n.
 */
export function splitByOverlap<T extends OffsetRange>(
  ranges: readonly T[],
  done: readonly OffsetRange[],
): { apart: T[]; overlapping: T[] } {
  const touched = new Set<OffsetRange>()
  const all = [...ranges, ...done].sort((a, b) => {
    const order = source(a) < source(b) ? -1 : source(a) > source(b) ? 1 : 0
    return order || a.firstOffset - b.firstOffset
  })
  let widest: OffsetRange | undefined
  for (const range of all) {
    const meets =
      widest !== undefined && source(widest) === source(range) && range.firstOffset <= widest.lastOffset
    if (meets) {
      touched.add(range)
      touched.add(widest!)
    }
    if (!meets || range.lastOffset > widest!.lastOffset) widest = range
  }
  return {
    apart: ranges.filter((range) => !touched.has(range)),
    overlapping: ranges.filter((range) => touched.has(range)),
  }
}
