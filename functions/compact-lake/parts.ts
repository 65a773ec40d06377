import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Offsets } from '@pipeline/hospital/lake-names.ts'
import { cutAt, union } from '@pipeline/hospital/offsets.ts'
import type { StagedLine } from '../parquet/lines.ts'

export interface Piece {
  path: string
  bytes: number
}

/** What becomes one compacted object. */
export interface Part {
  pieces: Piece[]
  covered: Offsets[]
  rows: number
  /** SHA-256 of the staged lines in order, each with its line end, in hex. */
  sha256: string
  longestLine: number
  /** No offset of the part is at or above it; infinite for the last part of a group. */
  below: number
}

export interface PartsOptions {
  folder: string
  /** Bytes that a part has at the least, where there are so many. */
  targetBytes: number
  /** Plain bytes of a piece. */
  pieceBytes: number
  /** Writes a file of staged lines as a piece; gives its bytes. */
  write(ndjson: string, path: string, longestLine: number): Promise<number>
  /** Whether a name can say that it covers these ranges. */
  fits(covered: readonly Offsets[]): boolean
  emit(part: Part): Promise<void>
}

interface Tally {
  hash: Hash
  rows: number
  pieces: Piece[]
  bytes: number
  longestLine: number
}

const tally = (): Tally => ({ hash: createHash('sha256'), rows: 0, pieces: [], bytes: 0, longestLine: 0 })

function joined(ready: Tally, current: Tally): Tally {
  return {
    hash: current.hash,
    rows: ready.rows + current.rows,
    pieces: [...ready.pieces, ...current.pieces],
    bytes: ready.bytes + current.bytes,
    longestLine: Math.max(ready.longestLine, current.longestLine),
  }
}

/** Joining pieces may save a little. */
const MARGIN = 1.05

/**
 * Cuts changes in order into parts. Lines wait on disk as a piece at a time; finished pieces wait until they are a
 * part and what follows them is enough for another, so that no part stays below the target but a group's only one.
 */
export class Parts {
  private readonly options: PartsOptions
  /** Enough for a part, once it is. */
  private ready: (Tally & { below: number; sha256: string }) | undefined
  /** Over what is ready and what follows it, should both become one part. */
  private whole: Hash | undefined
  private current = tally()
  private covered: Offsets[] = []
  private text: string[] = []
  private textBytes = 0
  private file: FileHandle | undefined
  private fileBytes = 0
  private fileLongest = 0
  private count = 0

  constructor(options: PartsOptions) {
    this.options = options
  }

  /** Says that what follows answers for these offsets, none of which is below the next change. */
  async cover(ranges: readonly Offsets[]): Promise<void> {
    const covered = union([...this.covered, ...ranges])
    if (!this.options.fits(covered)) await this.end(Math.min(...ranges.map(({ first }) => first)))
    this.covered = union([...this.covered, ...ranges])
  }

  async add({ offset, line }: StagedLine): Promise<void> {
    const bytes = Buffer.byteLength(line) + 1
    if (this.fileBytes > 0 && this.fileBytes + bytes > this.options.pieceBytes) {
      await this.closePiece()
      await this.settle(offset)
    }
    this.current.hash.update(line).update('\n')
    this.whole?.update(line).update('\n')
    this.current.rows++
    this.current.longestLine = Math.max(this.current.longestLine, bytes)
    this.fileLongest = Math.max(this.fileLongest, bytes)
    this.fileBytes += bytes
    this.textBytes += bytes
    this.text.push(line)
    if (this.textBytes >= 1024 * 1024) await this.flush()
  }

  /** Makes parts of all that came; `below` is where the next change may come. */
  async end(below = Number.POSITIVE_INFINITY): Promise<void> {
    await this.closePiece()
    const { ready, current } = this
    if (ready && current.bytes >= this.options.targetBytes * MARGIN) {
      await this.emit(ready, ready.sha256, ready.below)
      await this.emit(current, current.hash.digest('hex'), below)
    } else if (ready) {
      await this.emit(joined(ready, current), this.whole!.digest('hex'), below)
    } else if (current.rows > 0) await this.emit(current, current.hash.digest('hex'), below)
    this.ready = undefined
    this.whole = undefined
    this.current = tally()
  }

  /** Closes what is open; pieces lie in the folder, which goes with the run. */
  async abandon(): Promise<void> {
    await this.file?.close()
    this.file = undefined
  }

  private async settle(next: number): Promise<void> {
    const { current } = this
    if (current.bytes < this.options.targetBytes * MARGIN) return
    if (this.ready) await this.emit(this.ready, this.ready.sha256, this.ready.below)
    this.ready = { ...current, below: next, sha256: current.hash.copy().digest('hex') }
    this.whole = current.hash
    this.current = tally()
  }

  private async emit({ pieces, rows, longestLine }: Tally, sha256: string, below: number): Promise<void> {
    const { below: covered, from } = cutAt(this.covered, below)
    this.covered = from
    await this.options.emit({ pieces, rows, longestLine, covered, below, sha256 })
    for (const { path } of pieces) await rm(path, { force: true })
  }

  private path(kind: string): string {
    return join(this.options.folder, `${this.count}.${kind}`)
  }

  private async flush(): Promise<void> {
    if (this.text.length === 0) return
    this.file ??= await open(this.path('ndjson'), 'w', 0o600)
    await this.file.write(`${this.text.join('\n')}\n`)
    this.text = []
    this.textBytes = 0
  }

  private async closePiece(): Promise<void> {
    await this.flush()
    if (this.file === undefined) return
    await this.file.close()
    this.file = undefined
    const path = this.path('parquet')
    const bytes = await this.options.write(this.path('ndjson'), path, this.fileLongest)
    await rm(this.path('ndjson'))
    this.current.pieces.push({ path, bytes })
    this.current.bytes += bytes
    this.fileBytes = 0
    this.fileLongest = 0
    this.count++
  }
}
