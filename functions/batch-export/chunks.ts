import { createHash, type Hash } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RowSink } from './copy-out.ts'

/** Rows of a table as PostgreSQL's CSV in a local file. */
export interface Chunk {
  file: string
  rows: number
  bytes: number
  /** Bytes of the longest row. */
  longestRow: number
  /** Hex SHA-256 of the seed and all bytes: the same rows in the same columns always have the same. */
  hash: string
}

export interface ChunkLimits {
  /** From here on a chunk ends with the next row whose key says so. */
  minBytes: number
  /** A chunk ends with the row that takes it past this. */
  maxBytes: number
}

const BLOCK = 1024 * 1024
const BLOCKS = 4
const HEAD = 64
/** One key in so many ends a chunk that is large enough. */
const CUT_EVERY = 1024
const COMMA = 0x2c

/** FNV-1a of what stands before the first comma. */
export function keyHash(head: Uint8Array, length: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < length && head[i] !== COMMA; i++) hash = Math.imul(hash ^ head[i]!, 0x01000193)
  return hash >>> 0
}

/**
 * Writes rows to files, one a chunk. A chunk ends where a row's own key says so: a row that came or went moves the
 * ends near it and not all that follow, so that an export taken up again finds most chunks as they were. Holds a few
 * blocks in memory; `full` while they wait to be written, or while a chunk is ready and `take` has another one.
 */
export class Chunks implements RowSink {
  private readonly folder: string
  private readonly seed: string
  private readonly limits: ChunkLimits
  private readonly take: (chunk: Chunk) => Promise<void>
  private block = Buffer.allocUnsafe(BLOCK)
  /** Blocks that have been written, to be filled again: memory outside the heap is given back late. */
  private readonly free: Buffer<ArrayBuffer>[] = []
  private filled = 0
  private hash: Hash
  private rows = 0
  private bytes = 0
  private rowBytes = 0
  private longestRow = 0
  private readonly head = Buffer.alloc(HEAD)
  private count = 0
  private waiting = 0
  private writes: Promise<void> = Promise.resolve()
  private readonly taking: Promise<void>[] = []
  private takes: Promise<void> = Promise.resolve()

  constructor(folder: string, seed: string, limits: ChunkLimits, take: (chunk: Chunk) => Promise<void>) {
    this.folder = folder
    this.seed = seed
    this.limits = limits
    this.take = take
    this.hash = createHash('sha256').update(seed)
  }

  get full(): boolean {
    return this.waiting >= BLOCKS || this.taking.length > 1
  }

  async drained(): Promise<void> {
    if (this.waiting >= BLOCKS) await this.writes
    while (this.taking.length > 1) await this.taking[0]
  }

  data(piece: Buffer): void {
    if (this.bytes >= this.limits.minBytes && this.rowBytes < HEAD) piece.copy(this.head, this.rowBytes)
    this.rowBytes += piece.length
    for (let at = 0; at < piece.length; ) {
      const taken = piece.copy(this.block, this.filled, at)
      at += taken
      this.filled += taken
      if (this.filled === BLOCK) this.flush()
    }
  }

  endOfRow(): void {
    const large = this.bytes >= this.limits.minBytes
    this.rows += 1
    this.bytes += this.rowBytes
    if (this.rowBytes > this.longestRow) this.longestRow = this.rowBytes
    const cut = large && keyHash(this.head, Math.min(this.rowBytes, HEAD)) % CUT_EVERY === 0
    this.rowBytes = 0
    if (cut || this.bytes >= this.limits.maxBytes) this.cut()
  }

  /** Ends the last chunk and waits until all are taken. A table without rows gives one chunk without rows. */
  async end(): Promise<void> {
    if (this.rows > 0 || this.count === 0) this.cut()
    await this.takes
  }

  private path(): string {
    return join(this.folder, `${this.count}.csv`)
  }

  private flush(): void {
    const whole = this.block
    const block = whole.subarray(0, this.filled)
    const path = this.path()
    this.hash.update(block)
    this.block = this.free.pop() ?? Buffer.allocUnsafe(BLOCK)
    this.filled = 0
    this.waiting += 1
    this.writes = this.writes.then(async () => {
      await appendFile(path, block, { mode: 0o600 })
      this.waiting -= 1
      this.free.push(whole)
    })
    // Whoever waits for it sees a failure; until then it must not count as unhandled.
    this.writes.catch(() => {})
  }

  private cut(): void {
    this.flush()
    const { rows, bytes, longestRow } = this
    const chunk: Chunk = { file: this.path(), rows, bytes, longestRow, hash: this.hash.digest('hex') }
    this.hash = createHash('sha256').update(this.seed)
    this.rows = 0
    this.bytes = 0
    this.longestRow = 0
    this.count += 1
    const written = this.writes
    const taken = this.takes.then(async () => {
      await written
      await this.take(chunk)
      this.taking.shift()
    })
    taken.catch(() => {})
    this.takes = taken
    this.taking.push(taken)
  }
}
