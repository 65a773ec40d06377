import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'

const KEY = /^[0-9a-f]{64}$/

/**
 * The key of pseudonyms, 64 hex digits: what `PSEUDONYM_KEY` says, else the one beside a DuckDB file, which is made at
 * random the first time. Throws SETTING_INVALID on one that is no key.
 */
export async function pseudonymKey(duckdbPath: string, given = process.env.PSEUDONYM_KEY): Promise<string> {
  const path = `${duckdbPath}.pseudonym-key`
  const key = given || (await readFile(path, 'utf8').catch(() => '')) || (await make(path))
  if (!KEY.test(key)) throw new PipelineError('SETTING_INVALID', { settings: 'PSEUDONYM_KEY is not valid' })
  return key
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
