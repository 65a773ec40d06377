import { spawnSync } from 'node:child_process'
import { PipelineError } from '@pipeline/hospital/errors.ts'

/** Runs a command that a person watches. Throws SETTING_INVALID when it fails. */
export function watched(command: string, args: readonly string[], env: Record<string, string> = {}): void {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', env: { ...process.env, ...env } })
  if (error || status !== 0) {
    throw new PipelineError('SETTING_INVALID', {
      command: `${command} ${args.slice(0, 3).join(' ')}`,
      exitCode: status,
    })
  }
}

/** Runs a command for its answer; undefined when it fails or is not there. `input` goes to its standard input. */
export function asked(command: string, args: readonly string[], input?: string): string | undefined {
  const { status, stdout } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(input === undefined ? {} : { input }),
  })
  return status === 0 ? stdout.trim() : undefined
}
