import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { OffsetRange } from '../overlap.ts'
import type { StagedObject } from '../port.ts'

/** Objects that one load job and one transaction carry. */
export interface Pack {
  table: string
  loadId: string
  /** The same objects, overlapping in the same way, always have the same id. */
  id: string
  objects: StagedObject[]
  /** Places in `objects` of those that may share offsets with others or with what is loaded. */
  overlapping: ReadonlySet<number>
  /** Days (YYYYMMDD) on which offsets of those may be loaded already. */
  days: readonly string[]
  /** Where the ledger was asked for what is loaded, and how many objects it had there. */
  ranges: readonly OffsetRange[]
  done: number
}

export function packId(
  loadId: string,
  objects: readonly StagedObject[],
  overlapping: ReadonlySet<number>,
): string {
  const lines = objects.map(
    ({ object, part }, index) =>
      `${object.name}#${object.generation}${overlapping.has(index) ? '#o' : ''}${part ? `#${part.id}` : ''}`,
  )
  return createHash('sha256')
    .update([loadId, ...lines].join('\n'))
    .digest('hex')
    .slice(0, 32)
}

const NEWLINE = 10

/** Puts `_n` first in each line, a JSON object, so that the rows of objects can be told apart once they are loaded. */
export function numberedLines(n: number): Transform {
  const start = Buffer.from(`{"_n":${n},`)
  let atStart = true
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const parts: Buffer[] = []
      let from = 0
      while (from < chunk.length) {
        if (atStart) {
          parts.push(start)
          from++
          atStart = false
        }
        const end = chunk.indexOf(NEWLINE, from)
        const stop = end === -1 ? chunk.length : end + 1
        parts.push(chunk.subarray(from, stop))
        atStart = end !== -1
        from = stop
      }
      done(null, Buffer.concat(parts))
    },
  })
}

/** Writes a pack's lines to one file, works with it, and removes it. */
export async function withPackFile<T>(pack: Pack, path: string, work: () => Promise<T>): Promise<T> {
  try {
    for (const [index, { file }] of pack.objects.entries()) {
      const into = createWriteStream(path, { flags: index === 0 ? 'w' : 'a', mode: 0o600 })
      const from = createReadStream(file)
      if (pack.overlapping.has(index)) await pipeline(from, numberedLines(index), into)
      else await pipeline(from, into)
    }
    return await work()
  } finally {
    await rm(path, { force: true })
  }
}
