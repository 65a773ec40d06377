import { setTimeout as sleep } from 'node:timers/promises'

const FIRST_RETRY_MS = 200
const LONGEST_RETRY_MS = 10_000

/**
 * Resolves once an attempt succeeds; waits longer and longer in between and never gives up, until the signal says stop.
 * `onRetry` is told of each failure and of the wait that follows, ms.
 */
export async function untilTaken(
  attempt: () => Promise<unknown>,
  signal: AbortSignal,
  onRetry: (error: unknown, retryInMs: number) => void,
): Promise<void> {
  for (let delay = FIRST_RETRY_MS; ; delay = Math.min(delay * 2, LONGEST_RETRY_MS)) {
    try {
      await attempt()
      return
    } catch (error) {
      signal.throwIfAborted()
      onRetry(error, delay)
      await sleep(delay, undefined, { signal })
    }
  }
}
