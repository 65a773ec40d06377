import { spawn } from 'node:child_process'
import { root } from '../paths.ts'

/** Runs a command on this terminal, in the repository's folder. Returns its exit code. */
export function runInherited(
  command: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
