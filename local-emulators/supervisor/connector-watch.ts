import { restartFailed } from '@pipeline/cdc/connect/connector.ts'

const EVERY_MS = 2_000

/** Restarts the connector's failed tasks, which Connect leaves failed. Returns a function that ends the watch. */
export function watchConnector(connectUrl: string, name: string): () => void {
  let busy = false
  const timer = setInterval(async () => {
    if (busy) return
    busy = true
    try {
      await restartFailed(connectUrl, name)
    } catch {
      // Connect is away; the supervisor brings it back and the next look finds it.
    } finally {
      busy = false
    }
  }, EVERY_MS)
  return () => clearInterval(timer)
}
