import { createHash } from 'node:crypto'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type LakeName, type Offsets, parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { minus } from '@pipeline/hospital/offsets.ts'
import { BatchFault } from '../batch/check.ts'
import type { Lake, LakeObject } from '../lake/port.ts'
import { type Engine, withEngine } from '../parquet/engine.ts'
import { checkParquet, download } from '../parquet/file.ts'
import { parquetLines } from '../parquet/lines.ts'
import type { StagedObject } from '../warehouse/port.ts'
import { broken, goneObject, type Staging } from './stage.ts'

/** A compacted object, or a batch? */
export function isCompactedName(object: Pick<LakeObject, 'name'>): boolean {
  return parseLakeName(object.name)?.compacted !== undefined
}

export interface CompactedOptions {
  tempRoot: string
  /** Plain bytes of a part. */
  partBytes: number
  /** Offsets that need not be staged: of those in the object's range, the ones that are loaded. */
  without: (name: LakeName) => Promise<readonly Offsets[]>
}

type Outcome = { outcome: 'read'; name: LakeName; parts: number } | Exclude<Staging, { outcome: 'staged' }>

/**
 * Reads one generation of a compacted object, checks it whole, and hands over what of it is to be staged in parts of
 * bounded size, each a file that is gone afterwards. `take` returns false to end early.
 */
export async function readCompacted(
  lake: Lake,
  object: LakeObject,
  { tempRoot, partBytes, without }: CompactedOptions,
  take: (part: StagedObject) => Promise<boolean>,
): Promise<Outcome> {
  const name = parseLakeName(object.name)!
  const folder = await mkdtemp(join(tempRoot, 'compacted-'))
  try {
    const path = join(folder, 'object.parquet')
    if (!(await download(lake, object, path))) return (await goneObject(lake, object)) as Outcome
    return await withEngine(async (engine) => {
      const { runs } = await checkParquet(engine, object, name, path)
      const missing = minus(runs, await without(name))
      const parts =
        missing.length === 0 ? 0 : await handOver(engine, object, path, missing, folder, partBytes, take)
      return { outcome: 'read', name, parts }
    })
  } catch (error) {
    if (error instanceof BatchFault) return broken(object, error.message) as Outcome
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function handOver(
  engine: Engine,
  object: LakeObject,
  path: string,
  missing: readonly Offsets[],
  folder: string,
  partBytes: number,
  take: (part: StagedObject) => Promise<boolean>,
): Promise<number> {
  const name = parseLakeName(object.name)!
  const file = join(folder, 'part.ndjson')
  const left = minus(missing, [])
  const end = left.at(-1)!.last
  let lines: string[] = []
  let bytes = 0
  let longestLine = 0
  let parts = 0
  const flush = async (last: boolean): Promise<boolean> => {
    const text = `${lines.join('\n')}\n`
    const handle = await open(file, 'w', 0o600)
    try {
      await handle.write(text)
    } finally {
      await handle.close()
    }
    const id = createHash('sha256').update(text).update(String(last)).digest('hex').slice(0, 16)
    const staged = { object, name, file, rows: lines.length, bytes, longestLine, part: { id, last } }
    parts++
    lines = []
    bytes = 0
    longestLine = 0
    return take(staged)
  }
  for await (const some of parquetLines(engine, path, left)) {
    for (const { offset, line } of some) {
      const size = Buffer.byteLength(line) + 1
      if (bytes > 0 && bytes + size > partBytes && !(await flush(false))) return parts
      lines.push(line)
      bytes += size
      longestLine = Math.max(longestLine, size)
      if (offset === end) await flush(true)
    }
  }
  return parts
}
