import { crc32, deflateRawSync } from 'node:zlib'

export interface Entry {
  /** Path with `/`, relative, without `..`. */
  name: string
  data: Buffer
  /** 0o644 or 0o755. */
  mode: number
}

/** 1 January 1980, the first day that zip knows. */
const DATE = (0 << 9) | (1 << 5) | 1
const UTF8 = 0x0800
const MADE_BY_UNIX = 3 << 8
const VERSION = 20

/** In the order of their bytes, whatever the machine's language. Throws on a name that comes twice or leads out. */
export function sortEntries(entries: readonly Entry[]): Entry[] {
  const sorted = [...entries].sort((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)))
  for (const [index, { name }] of sorted.entries()) {
    if (name === sorted[index - 1]?.name) throw new TypeError(`${name} is twice in the archive`)
    if (name === '' || name.startsWith('/') || name.split('/').includes('..')) {
      throw new TypeError(`${name} leads out of the archive`)
    }
  }
  return sorted
}

function fields(values: readonly (readonly [bytes: 2 | 4, value: number])[]): Buffer {
  const buffer = Buffer.alloc(values.reduce((sum, [bytes]) => sum + bytes, 0))
  let at = 0
  for (const [bytes, value] of values) at = buffer.writeUIntLE(value >>> 0, at, bytes)
  return buffer
}

/** A native package is in many archives, and the same buffer each time: it is compressed once. */
const done = new WeakMap<Buffer, Buffer>()

function deflated(data: Buffer): Buffer {
  const packed = done.get(data) ?? deflateRawSync(data, { level: 9 })
  if (data.length > 1_000_000) done.set(data, packed)
  return packed
}

/** A zip file of sorted entries with fixed times: the same entries give the same bytes. Below 4 GB in all. */
export function zip(entries: readonly Entry[]): Buffer {
  const [files, directory]: [Buffer[], Buffer[]] = [[], []]
  let offset = 0
  for (const { name, data, mode } of entries) {
    const packed = deflated(data)
    const stored = packed.length >= data.length
    const body = stored ? data : packed
    const path = Buffer.from(name)
    const common: (readonly [2 | 4, number])[] = [
      [2, VERSION],
      [2, UTF8],
      [2, stored ? 0 : 8],
      [2, 0],
      [2, DATE],
      [4, crc32(data)],
      [4, body.length],
      [4, data.length],
      [2, path.length],
      [2, 0],
    ]
    const local = fields([[4, 0x04034b50], ...common])
    files.push(local, path, body)
    directory.push(
      fields([
        [4, 0x02014b50],
        [2, MADE_BY_UNIX | VERSION],
        ...common,
        [2, 0],
        [2, 0],
        [2, 0],
        [4, (0o100000 | mode) << 16],
        [4, offset],
      ]),
      path,
    )
    offset += local.length + path.length + body.length
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0)
  const end = fields([
    [4, 0x06054b50],
    [2, 0],
    [2, 0],
    [2, entries.length],
    [2, entries.length],
    [4, size],
    [4, offset],
    [2, 0],
  ])
  return Buffer.concat([...files, ...directory, end])
}
