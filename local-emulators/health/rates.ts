const WINDOW_MS = 60_000
const SHORTEST_MS = 2_000

/** How much counters grow a minute, from readings of the last minute. A counter that starts again starts its rate again. */
export class Rates {
  private readonly readings = new Map<string, { at: number; total: number }[]>()

  /** Takes a reading; `at` in ms of any clock that does not go back. Null until there is enough to tell. */
  perMinute(name: string, total: number, at: number): number | null {
    let known = this.readings.get(name) ?? []
    if (known.length > 0 && total < known.at(-1)!.total) known = []
    known.push({ at, total })
    // One reading from before the window stays, so that it is covered as a whole.
    while (known.length > 2 && known[1]!.at <= at - WINDOW_MS) known.shift()
    this.readings.set(name, known)
    const first = known[0]!
    const passed = at - first.at
    return passed < SHORTEST_MS ? null : ((total - first.total) * 60_000) / passed
  }
}
