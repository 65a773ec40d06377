import type { ServiceSpec } from '../supervisor/managed-process.ts'
import { until } from '../supervisor/wait.ts'
import { nodeProcess } from './node-process.ts'

export interface PubSubOptions {
  port: number
  httpPort: number
  /** Makes topics and subscriptions: the emulator forgets them when it dies. */
  afterStart: () => Promise<void>
}

/** Our Pub/Sub emulator. */
export function pubsubService(options: PubSubOptions): ServiceSpec {
  return {
    name: 'pubsub',
    ...nodeProcess('local-emulators/pubsub/main.ts', 768),
    env: { PUBSUB_PORT: String(options.port), PUBSUB_HTTP_PORT: String(options.httpPort) },
    ready: (signal) =>
      until(async () => {
        const response = await fetch(`http://127.0.0.1:${options.httpPort}/stats`, { signal })
        if (!response.ok) throw new Error(`the emulator answers ${response.status}`)
      }, signal),
    afterStart: options.afterStart,
  }
}
