import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Entry, sortEntries, zip } from './zip.ts'

export interface Archive {
  /** Of names, modes and contents: the same source has the same hash, wherever and whenever it is packed. */
  hash: string
  /** Where the file lies, as terraform sees it from the stack's folder. */
  path: string
  /** Bytes of the file. */
  bytes: number
}

function hashOf(entries: readonly Entry[]): string {
  const hash = createHash('sha256')
  for (const { name, mode, data } of entries) {
    hash.update(`${name}\0${mode.toString(8)}\0${data.length}\0`).update(data)
  }
  return hash.digest('hex').slice(0, 16)
}

/** Folder of archives inside cdktf's output; stacks lie two folders deep beside it. */
export const ARCHIVES = 'archives'

/** Packs entries into `<out>/archives/<name>-<hash>.zip`; one that is there already is not packed again. */
export function pack(out: string, name: string, entries: readonly Entry[]): Archive {
  const sorted = sortEntries(entries)
  const hash = hashOf(sorted)
  const folder = join(out, ARCHIVES)
  const file = join(folder, `${name}-${hash}.zip`)
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${file}.part`, zip(sorted))
    renameSync(`${file}.part`, file)
  }
  return { hash, path: `../../${ARCHIVES}/${name}-${hash}.zip`, bytes: statSync(file).size }
}
