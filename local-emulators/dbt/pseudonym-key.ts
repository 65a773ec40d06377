import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'

const KEY = /^[0-9a-f]{64}$/
const SHORTEST_SECRET = 24

/**
 * The key of pseudonyms, 64 hex digits: what `PSEUDONYM_KEY` says, else the one beside a DuckDB file, which is made at
 * random the first time. A text that is no such key is hashed to one, as run-dbt does. Throws SETTING_INVALID on one that
 * is too short.
 */
export async function pseudonymKey(duckdbPath: string, given = process.env.PSEUDONYM_KEY): Promise<string> {
  const path = `${duckdbPath}.pseudonym-key`
  const key = given || (await readFile(path, 'utf8').catch(() => '')) || (await make(path))
  if (KEY.test(key)) return key
  if (key.length < SHORTEST_SECRET)
    throw new PipelineError('SETTING_INVALID', { settings: 'PSEUDONYM_KEY is not valid' })
  return createHash('sha256').update(key).digest('hex')
}

async function make(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  try {
    await writeFile(path, randomBytes(32).toString('hex'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    // Another process was first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  return readFile(path, 'utf8')
}
