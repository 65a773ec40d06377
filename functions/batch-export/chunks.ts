import { createHash, type Hash } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RowSink } from './copy-out.ts'
import type { WorkQueue } from './queue.ts'

/** Rows of a table in a local file, in the text format of COPY. */
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
const SHORT = 128
const WORD = 4
/** One key in so many ends a chunk that is large enough. */
const CUT_EVERY = 1024
const TAB = 0x09

/** Bytes, and the same as words. */
interface Viewed<B extends Buffer = Buffer> {
  bytes: B
  view: DataView
}

function viewed<B extends Buffer>(bytes: B): Viewed<B> {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) }
}

const newBlock = () => viewed(Buffer.allocUnsafe(BLOCK))

/** FNV-1a of what stands before the first tab. */
export function keyHash(head: Uint8Array, length: number): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < length && head[i] !== TAB; i++) hash = Math.imul(hash ^ head[i]!, 0x01000193)
  return hash >>> 0
}

/**
 * Writes rows to files, one a chunk. A chunk ends where a row's own key says so: a row that came or went moves the
 * ends near it and not all that follow, so that an export taken up again finds most chunks as they were. Holds a few
 * blocks in memory; `full` while they wait to be written, or while `queue` has enough chunks for `take`.
 */
export class Chunks implements RowSink {
  private readonly folder: string
  private readonly seed: string
  private readonly limits: ChunkLimits
  private readonly queue: WorkQueue
  private readonly take: (chunk: Chunk) => Promise<void>
  private block = newBlock()
  /** What the last piece was cut from: many rows come in one. */
  private source: Viewed | undefined
  /** Blocks that have been written, to be filled again: memory outside the heap is given back late. */
  private readonly free: Viewed<Buffer<ArrayBuffer>>[] = []
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
  private lastTaken: Promise<void> = Promise.resolve()

  constructor(
    options: { folder: string; seed: string; limits: ChunkLimits; queue: WorkQueue },
    take: (chunk: Chunk) => Promise<void>,
  ) {
    const { folder, seed, limits, queue } = options
    this.folder = folder
    this.seed = seed
    this.limits = limits
    this.queue = queue
    this.take = take
    this.hash = createHash('sha256').update(seed)
  }

  get full(): boolean {
    return this.waiting >= BLOCKS || this.queue.full
  }

  async drained(): Promise<void> {
    if (this.waiting >= BLOCKS) await this.writes
    await this.queue.drained()
  }

  data(bytes: Buffer, start: number, end: number): void {
    const { head, rowBytes } = this
    if (this.bytes >= this.limits.minBytes && rowBytes < HEAD) {
      const most = Math.min(HEAD, rowBytes + end - start)
      for (let i = rowBytes; i < most; i++) head[i] = bytes[start + i - rowBytes]!
    }
    this.rowBytes += end - start
    for (let at = start; at < end; ) at = this.copy(bytes, at, end)
  }

  /** Fills the block; returns how far it got. A call into native code costs more than the few words of a usual row. */
  private copy(bytes: Buffer, start: number, end: number): number {
    const { block, filled } = this
    const taken = Math.min(end - start, BLOCK - filled)
    if (taken > SHORT) bytes.copy(block.bytes, filled, start, start + taken)
    else {
      if (this.source?.bytes !== bytes) this.source = viewed(bytes)
      const { view } = this.source
      let i = 0
      for (; i + WORD <= taken; i += WORD) block.view.setUint32(filled + i, view.getUint32(start + i))
      for (; i < taken; i++) block.bytes[filled + i] = bytes[start + i]!
    }
    this.filled += taken
    if (this.filled === BLOCK) this.flush()
    return start + taken
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

  /** Ends the last chunk. A table without rows gives one chunk without rows. */
  end(): void {
    if (this.rows > 0 || this.count === 0) this.cut()
  }

  /** When all chunks so far are taken; rejects when one was not. */
  taken(): Promise<void> {
    return this.lastTaken
  }

  /** When no file is written any more, whether all could be or not. */
  async idle(): Promise<void> {
    await this.writes.catch(() => undefined)
  }

  private path(): string {
    return join(this.folder, `${this.count}.copy`)
  }

  private flush(): void {
    const whole = this.block
    const block = whole.bytes.subarray(0, this.filled)
    const path = this.path()
    this.hash.update(block)
    this.block = this.free.pop() ?? newBlock()
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
    this.lastTaken = this.queue.add(async () => {
      await written
      await this.take(chunk)
    })
    this.lastTaken.catch(() => {})
  }
}
