import type { Health } from './health.ts'

/** Tells how the pipeline is. Does not throw: what can't be reached is in what it tells. */
export interface HealthSource {
  read(): Promise<Health>
}

/** Asks at most once in a while, however many want to know. */
export function shared<T>(read: () => Promise<T>, everyMs: number): () => Promise<T> {
  let last: { at: number; found: Promise<T> } | undefined
  return () => {
    if (!last || performance.now() - last.at >= everyMs) last = { at: performance.now(), found: read() }
    return last.found
  }
}
