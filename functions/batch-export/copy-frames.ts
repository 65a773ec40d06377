/** What a stream of messages of PostgreSQL's protocol holds while a COPY … TO STDOUT runs. */
export interface CopyHandlers {
  /** A piece of a row: the bytes from `start` to `end`, which are the caller's again afterwards. */
  data(bytes: Buffer, start: number, end: number): void
  endOfRow(): void
  /** A message that is not part of the copy, whole. */
  other(message: Buffer, code: number): void
}

const HEADER = 5
const COPY_DATA = 0x64
const COPY_OUT_RESPONSE = 0x48
const COPY_DONE = 0x63

/**
 * Reads messages from pieces cut anywhere. PostgreSQL sends one CopyData message a row, so rows are known without a
 * look at their contents. A row's bytes go on as they come; other messages are short and gathered first.
 */
export class CopyFrames {
  private readonly handlers: CopyHandlers
  private readonly header = Buffer.alloc(HEADER)
  private headerBytes = 0
  /** Bytes of the message under way that have not come. */
  private left = 0
  private gathered: Buffer[] | undefined

  constructor(handlers: CopyHandlers) {
    this.handlers = handlers
  }

  push(bytes: Buffer): void {
    let at = 0
    while (at < bytes.length) {
      if (this.headerBytes < HEADER) {
        at = this.readHeader(bytes, at)
        continue
      }
      const end = Math.min(bytes.length, at + this.left)
      if (this.gathered) this.gathered.push(Buffer.from(bytes.subarray(at, end)))
      else this.handlers.data(bytes, at, end)
      this.left -= end - at
      at = end
      if (this.left === 0) this.end()
    }
  }

  /** No call into native code and no object for a header: there is one a row. Returns where it ends. */
  private readHeader(bytes: Buffer, start: number): number {
    const { header } = this
    let at = start
    while (this.headerBytes < HEADER && at < bytes.length) header[this.headerBytes++] = bytes[at++]!
    if (this.headerBytes < HEADER) return at
    this.left = ((header[1]! << 24) | (header[2]! << 16) | (header[3]! << 8) | header[4]!) - 4
    this.gathered = header[0] === COPY_DATA ? undefined : []
    if (this.left === 0) this.end()
    return at
  }

  private end(): void {
    const code = this.header[0]!
    this.headerBytes = 0
    if (code === COPY_DATA) this.handlers.endOfRow()
    else if (code !== COPY_OUT_RESPONSE && code !== COPY_DONE) {
      this.handlers.other(Buffer.concat([this.header, ...this.gathered!]), code)
    }
  }
}
