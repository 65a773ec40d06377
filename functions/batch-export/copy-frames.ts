/** What a stream of messages of PostgreSQL's protocol holds while a COPY … TO STDOUT runs. */
export interface CopyHandlers {
  /** A piece of a row. */
  data(piece: Buffer): void
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
        const taken = bytes.copy(this.header, this.headerBytes, at, at + HEADER - this.headerBytes)
        this.headerBytes += taken
        at += taken
        if (this.headerBytes < HEADER) return
        this.left = this.header.readInt32BE(1) - 4
        this.gathered = this.header[0] === COPY_DATA ? undefined : []
        if (this.left === 0) this.end()
        continue
      }
      const end = Math.min(bytes.length, at + this.left)
      const piece = bytes.subarray(at, end)
      if (this.gathered) this.gathered.push(Buffer.from(piece))
      else this.handlers.data(piece)
      this.left -= end - at
      at = end
      if (this.left === 0) this.end()
    }
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
