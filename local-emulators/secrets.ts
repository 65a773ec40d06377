import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import type { StatePaths } from './paths.ts'

/** Passwords and keys of one local stack, made at its first start. */
export interface Secrets {
  postgres: string
  cdc: string
  reader: string
  writer: string
  /** What pseudonyms of patients are made with. */
  pseudonyms: string
}

const NAMES = ['postgres', 'cdc', 'reader', 'writer', 'pseudonyms'] as const satisfies (keyof Secrets)[]

/** Reads the stack's passwords, and makes those that are not there yet. */
export async function loadSecrets(paths: StatePaths): Promise<Secrets> {
  await mkdir(paths.dir, { recursive: true, mode: 0o700 })
  let known: Partial<Secrets> = {}
  try {
    known = JSON.parse(await readFile(paths.secretsFile, 'utf8')) as Partial<Secrets>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  const password = (): string => randomBytes(18).toString('base64url')
  const secrets = Object.fromEntries(
    NAMES.map((name) => [name, known[name] ?? password()]),
  ) as unknown as Secrets
  if (NAMES.every((name) => known[name] !== undefined)) return secrets
  const partial = `${paths.secretsFile}.${process.pid}`
  await writeFile(partial, JSON.stringify(secrets), { mode: 0o600 })
  await rename(partial, paths.secretsFile)
  return secrets
}
