import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const setpriv =
  process.platform === 'linux' &&
  (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, 'setpriv')))

/** Flags for setpriv that have the kernel end a process when the supervisor is gone, however it went. */
export function deathFlags(signal: NodeJS.Signals): string[] {
  return ['--pdeathsig', signal.replace(/^SIG/, '')]
}

/**
 * The command under setpriv where the system has it; elsewhere as it is. The signal is SIGKILL: nobody is left who
 * would insist, and Connect waits long for a Kafka that is ended with it.
 */
export function dieWithParent(command: string, args: readonly string[]): { command: string; args: string[] } {
  if (!setpriv || command === 'setpriv') return { command, args: [...args] }
  return { command: 'setpriv', args: [...deathFlags('SIGKILL'), '--', command, ...args] }
}
