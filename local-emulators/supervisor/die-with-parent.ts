import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const setpriv =
  process.platform === 'linux' &&
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'setpriv')))

/** Flags for setpriv that have the kernel end a process when the supervisor is gone, however it went. */
export function deathFlags(signal: NodeJS.Signals): string[] {
  return ['--pdeathsig', signal.replace(/^SIG/, '')]
}

/** The command under setpriv where the system has it; elsewhere as it is. */
export function dieWithParent(
  command: string,
  args: readonly string[],
  signal: NodeJS.Signals,
): { command: string; args: string[] } {
  if (!setpriv || command === 'setpriv') return { command, args: [...args] }
  return { command: 'setpriv', args: [...deathFlags(signal), '--', command, ...args] }
}
