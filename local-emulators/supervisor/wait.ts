import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Calls `probe` until it returns without throwing. Throws the last reason when the signal ends the wait. */
export async function until(
  probe: () => Promise<unknown>,
  signal: AbortSignal,
  everyMs = 100,
): Promise<void> {
  for (;;) {
    try {
      await probe()
      return
    } catch (error) {
      if (signal.aborted) throw error
      await sleep(everyMs, undefined, { signal }).catch(() => {})
    }
  }
}

/** Resolves when something accepts a TCP connection. */
export function tcpConnect(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 1_000 })
    socket.once('connect', () => {
      socket.destroy()
      resolve()
    })
    socket.once('timeout', () => socket.destroy(new Error(`no answer from ${host}:${port}`)))
    socket.once('error', reject)
  })
}
