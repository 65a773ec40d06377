import { judge } from './judge.ts'
import type { Observation } from './observation.ts'
import type { HealthSource } from './source.ts'

/** Health made of what several sources saw; each tells of parts of its own. */
export function observedHealth(
  sources: readonly (() => Promise<Partial<Observation>>)[],
  now: () => Date = () => new Date(),
): HealthSource {
  return {
    async read() {
      const seen = await Promise.all(sources.map((look) => look()))
      return judge(Object.assign({}, ...seen, { at: now().toISOString() }) as Observation)
    },
  }
}
