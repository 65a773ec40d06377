import { isUtf8 } from 'node:buffer'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { BatchFault } from './check.ts'

/** The longest line that any part of the pipeline carries, in bytes. */
export const MAX_LINE_BYTES = 64 * 1024 * 1024

function text(line: Buffer): string {
  if (!isUtf8(line)) throw new BatchFault('not UTF-8')
  return line.toString('utf8')
}

/** The lines of plain NDJSON without their ends; a last line may lack its end. Throws BatchFault. */
export function* splitLines(bytes: Buffer): Generator<string> {
  let start = 0
  while (start < bytes.length) {
    const end = bytes.indexOf(10, start)
    const stop = end === -1 ? bytes.length : end
    yield text(bytes.subarray(start, stop))
    start = stop + 1
  }
}

/**
 * The lines of gzip-compressed NDJSON, a chunk's worth at a time and never more than that in memory. Throws BatchFault
 * for what is not whole gzip, not UTF-8 or too long a line; an error of the source itself comes out as it is.
 */
export async function* gunzipLines(
  source: Readable,
  maxLineBytes = MAX_LINE_BYTES,
): AsyncGenerator<string[]> {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 })
  let sourceError: Error | undefined
  source.on('error', (error) => {
    sourceError = error
    gunzip.destroy(error)
  })
  source.pipe(gunzip)
  let parts: Buffer[] = []
  let held = 0
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      const lines: string[] = []
      let start = 0
      for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
        const tail = chunk.subarray(start, end)
        lines.push(text(held === 0 ? tail : Buffer.concat([...parts, tail])))
        parts = []
        held = 0
        start = end + 1
      }
      if (start < chunk.length) {
        parts.push(chunk.subarray(start))
        held += chunk.length - start
        if (held > maxLineBytes) throw new BatchFault('a line is too long')
      }
      if (lines.length > 0) yield lines
    }
    if (held > 0) yield [text(Buffer.concat(parts))]
  } catch (error) {
    if (sourceError !== undefined || error instanceof BatchFault) throw error
    throw new BatchFault('not whole gzip')
  } finally {
    gunzip.destroy()
    source.destroy()
  }
}
