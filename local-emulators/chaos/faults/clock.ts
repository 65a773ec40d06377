import { rename, writeFile } from 'node:fs/promises'

/** Environment that lets a Node process see the wall clock shifted by what `file` says. */
export function relayClock(file: string): Record<string, string> {
  return {
    NODE_OPTIONS: `--import=${new URL('./shifted-clock.ts', import.meta.url).href}`,
    CHAOS_CLOCK_FILE: file,
  }
}

/** Shifts that clock, `shiftMs` from the true one. */
export async function setClock(file: string, shiftMs: number): Promise<void> {
  await writeFile(`${file}.new`, String(shiftMs))
  await rename(`${file}.new`, file)
}
