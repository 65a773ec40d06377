import type { ServiceSpec } from '../supervisor/managed-process.ts'
import { until } from '../supervisor/wait.ts'
import { nodeProcess } from './node-process.ts'

/** The capture guard, the same entry point as on the VM. `env` has its settings. */
export function guardService(env: Record<string, string>, metricsPort: number): ServiceSpec {
  const ready = `http://127.0.0.1:${metricsPort}/ready`
  return {
    name: 'guard',
    ...nodeProcess('cdc/guard/main.ts', 192),
    env: { ...env, METRICS_PORT: String(metricsPort) },
    ready: (signal) =>
      until(async () => {
        const response = await fetch(ready, { signal })
        if (!response.ok) throw new Error('the guard has not joined its group yet')
      }, signal),
  }
}
