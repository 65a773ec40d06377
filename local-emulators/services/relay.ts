import type { ServiceSpec } from '../supervisor/managed-process.ts'
import { until } from '../supervisor/wait.ts'
import { nodeProcess } from './node-process.ts'

/** The relay, the same entry point as on the VM. `env` has its settings. */
export function relayService(env: Record<string, string>, metricsPort: number): ServiceSpec {
  const stats = `http://127.0.0.1:${metricsPort}/ready`
  return {
    name: 'relay',
    ...nodeProcess('cdc/relay/main.ts', 512),
    env: { ...env, METRICS_PORT: String(metricsPort) },
    stopTimeoutMs: 30_000,
    ready: (signal) =>
      until(async () => {
        const response = await fetch(stats, { signal })
        if (!response.ok) throw new Error('the relay has not joined its group yet')
      }, signal),
  }
}
