import type { Health } from './health.ts'

/** Tells how the pipeline is. Does not throw: what can't be reached is in what it tells. */
export interface HealthSource {
  read(): Promise<Health>
}

/** Asks at most once in a while, however many viewers there are. */
export function shared(source: HealthSource, everyMs: number): HealthSource {
  let last: { at: number; health: Promise<Health> } | undefined
  return {
    read() {
      if (!last || performance.now() - last.at >= everyMs)
        last = { at: performance.now(), health: source.read() }
      return last.health
    },
  }
}
