/** The bounds between which a message waits before it is delivered again. */
export interface Backoff {
  minimumMs: number
  maximumMs: number
}

/** How long to wait after the given number of failures: doubling from the minimum up to the maximum. */
export function backoffMs(backoff: Backoff, failures: number): number {
  if (failures <= 0) return 0
  return Math.min(backoff.maximumMs, backoff.minimumMs * 2 ** Math.min(failures - 1, 40))
}
