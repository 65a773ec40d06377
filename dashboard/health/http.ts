import { judge } from './judge.ts'
import type { Observation } from './observation.ts'
import type { HealthSource } from './source.ts'

const PATIENCE_MS = 3_000

/** Observations of a supervisor over HTTP; `url` answers with one as JSON. A silent one is a part that is down. */
export function httpHealth(url: string): HealthSource {
  return {
    async read() {
      try {
        const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
        if (response.ok) return judge((await response.json()) as Observation)
        await response.body?.cancel()
      } catch {
        // Said below, as a part that does not answer.
      }
      return judge({ at: new Date().toISOString(), parts: null, warehouse: null })
    },
  }
}
