import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import type { StatePaths } from './paths.ts'

/** Passwords of one local stack, made at its first start. */
export interface Secrets {
  postgres: string
  cdc: string
  reader: string
}

/** Reads the stack's passwords, or makes them. */
export async function loadSecrets(paths: StatePaths): Promise<Secrets> {
  await mkdir(paths.dir, { recursive: true, mode: 0o700 })
  try {
    return JSON.parse(await readFile(paths.secretsFile, 'utf8')) as Secrets
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const password = (): string => randomBytes(18).toString('base64url')
  const secrets: Secrets = { postgres: password(), cdc: password(), reader: password() }
  await writeFile(paths.secretsFile, JSON.stringify(secrets), { mode: 0o600, flag: 'wx' })
  return secrets
}
