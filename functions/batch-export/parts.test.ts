import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type Chunk, Chunks } from './chunks.ts'
import { heldColumn, parquetType, selectList } from './columns.ts'
import { CopyFrames } from './copy-frames.ts'
import { WorkQueue } from './queue.ts'

function message(code: string, body: Buffer): Buffer {
  const header = Buffer.alloc(5)
  header.write(code)
  header.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}

test('messages are read whole, cut anywhere: rows to the sink, all others passed on', () => {
  const rows = ['a\n', '', 'd'.repeat(300), '\u0000\u0001']
  const bytes = Buffer.concat([
    message('H', Buffer.from([0, 0, 0])),
    message('N', Buffer.from('notice')),
    ...rows.map((row) => message('d', Buffer.from(row))),
    message('c', Buffer.alloc(0)),
    message('Z', Buffer.from('I')),
  ])
  for (const step of [1, 2, 3, 7, 64, bytes.length]) {
    const got: string[] = []
    const others: string[] = []
    let row = ''
    const frames = new CopyFrames({
      data: (bytes, start, end) => {
        row += bytes.toString('latin1', start, end)
      },
      endOfRow: () => {
        got.push(row)
        row = ''
      },
      other: (whole) => others.push(whole.toString('latin1')),
    })
    for (let at = 0; at < bytes.length; at += step) frames.push(bytes.subarray(at, at + step))
    assert.deepEqual(got, rows)
    const expected = [message('N', Buffer.from('notice')), message('Z', Buffer.from('I'))]
    assert.deepEqual(
      others,
      expected.map((each) => each.toString('latin1')),
    )
  }
})

async function chunksOf(rows: readonly string[]): Promise<(Chunk & { text: string })[]> {
  const folder = await mkdtemp(join(tmpdir(), 'chunks-'))
  const got: (Chunk & { text: string })[] = []
  const limits = { minBytes: 10_000, maxBytes: 1_000_000 }
  try {
    const chunks = new Chunks({ folder, seed: 'seed', limits, queue: new WorkQueue(1) }, async (chunk) => {
      got.push({ ...chunk, text: await readFile(chunk.file, 'utf8') })
    })
    for (const row of rows) {
      const bytes = Buffer.from(`..${row}..`)
      chunks.data(bytes, 2, 5)
      chunks.data(bytes, 5, bytes.length - 2)
      chunks.endOfRow()
      if (chunks.full) await chunks.drained()
    }
    chunks.end()
    await chunks.taken()
    return got
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

test('chunks hold all rows in order, and a row that is gone changes the chunks near it alone', async () => {
  const rows = Array.from({ length: 30_000 }, (_, id) => `${id},${'x'.repeat(id % 40)}\n`)
  const before = await chunksOf(rows)
  assert.ok(before.length > 10, `${before.length} chunks`)
  assert.equal(before.map(({ text }) => text).join(''), rows.join(''))
  assert.equal(
    before.reduce((sum, chunk) => sum + chunk.rows, 0),
    rows.length,
  )
  const after = await chunksOf(rows.filter((_, id) => id !== 5_000))
  const known = new Set(before.map(({ hash }) => hash))
  assert.ok(after.filter(({ hash }) => !known.has(hash)).length <= 3)
  assert.notDeepEqual(
    after.map(({ hash }) => hash),
    before.map(({ hash }) => hash),
  )
  const [empty, ...none] = await chunksOf([])
  assert.deepEqual([empty!.rows, empty!.text, none.length], [0, '', 0])
})

test('a failure of whoever takes chunks reaches who writes them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'chunks-'))
  const limits = { minBytes: 1, maxBytes: 1 }
  const queue = new WorkQueue(1)
  const chunks = new Chunks({ folder, seed: '', limits, queue }, () => Promise.reject(new RangeError('no')))
  for (let row = 0; row < 3; row++) {
    chunks.data(Buffer.from('row\n'), 0, 4)
    chunks.endOfRow()
  }
  await assert.rejects(chunks.drained(), RangeError)
  assert.ok(chunks.full)
  chunks.end()
  await assert.rejects(chunks.taken(), RangeError)
  await Promise.all([queue.idle(), chunks.idle()])
  await rm(folder, { recursive: true })
})

test('types: exact where there is one, else the text; the column that says what fits takes no name', () => {
  const numeric = (precision: number, scale: number) =>
    parquetType('numeric', ((precision << 16) | (scale & 0x7ff)) + 4)
  assert.deepEqual(
    [
      numeric(10, 2),
      numeric(38, 38),
      numeric(39, 0),
      numeric(5, -2),
      numeric(2, 5),
      parquetType('numeric', -1),
    ],
    ['DECIMAL(10,2)', 'DECIMAL(38,38)', 'VARCHAR', 'VARCHAR', 'VARCHAR', 'VARCHAR'],
  )
  assert.deepEqual(
    ['int8', 'date', 'timestamptz', 'jsonb', '_text', 'uuid'].map((type) => parquetType(type, -1)),
    ['BIGINT', 'DATE', 'TIMESTAMPTZ', 'VARCHAR', 'VARCHAR', 'VARCHAR'],
  )
  const column = (name: string, type: string) => ({ name, pgType: '', type })
  assert.equal(heldColumn([column('a', 'BIGINT')]), undefined)
  assert.equal(heldColumn([column('_HELD', 'BIGINT'), column('d', 'DATE')]), '_held_')
  assert.equal(selectList([column('a "b"', 'BIGINT')]), '"a ""b"""')
})
