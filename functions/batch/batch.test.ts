import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { changeSchema } from '@pipeline/hospital/change.ts'
import { TOPIC, visitChange } from '../testing/batches.ts'
import { BatchChecker, type BatchClaim, BatchFault } from './check.ts'
import { gunzipLines, splitLines } from './lines.ts'
import { memberTexts, rowKeyOfText } from './slices.ts'

const claim: BatchClaim = {
  table: 'visits',
  topic: TOPIC,
  partition: 0,
  firstOffset: 5,
  lastOffset: 7,
  count: 2,
}

function check(lines: readonly unknown[], given: Partial<BatchClaim> = {}): string | undefined {
  const checker = new BatchChecker({ ...claim, ...given })
  for (const line of lines) checker.line(typeof line === 'string' ? line : JSON.stringify(line))
  checker.end()
  return checker.day
}

test('a batch may have gaps, and gives its day', () => {
  assert.equal(check([visitChange(5), visitChange(7)]), '20240305')
})

test('invariant 5: nothing is guessed: each field of a line must be as the change record says', () => {
  const wrong: [string, Record<string, unknown>][] = [
    ['table', { table: 'patients' }],
    ['topic', { topic: 'other' }],
    ['partition', { partition: 1 }],
    ['partition', { partition: '0' }],
    ['op', { op: 'x' }],
    ['op', { op: undefined }],
    ['key', { key: null }],
    ['key', { key: [5] }],
    ['key', { key: {} }],
    ['key', { key: { visit_id: null } }],
    ['row', { row: null }],
    ['row', { row: 'text' }],
    ['row', { op: 'd' }],
    ['key', { op: 't', row: null }],
    ['sequence', { sequence: '1/2/3' }],
    ['txId', { txId: -1 }],
    ['txId', { txId: 2 ** 32 }],
    ['txId', { txId: 1.5 }],
    ['committedAt', { committedAt: '2024-03-05 10:20:30' }],
    ['committedAt', { committedAt: '2024-02-30T10:20:30Z' }],
    ['committedAt', { committedAt: '2024-03-05T24:00:00Z' }],
    ['committedAt', { committedAt: '2024-03-05T10:20:30+01:00' }],
    ['committedAt', { committedAt: 5 }],
    ['capturedAt', { capturedAt: null }],
    ['offset', { offset: '5' }],
    ['offset', { offset: 5.5 }],
    ['first offset', { offset: 4 }],
    ['first offset', { offset: 6 }],
  ]
  for (const [field, given] of wrong) {
    const line = { ...visitChange(5), ...given }
    assert.throws(
      () => check([line, visitChange(7)]),
      new RegExp(`line 1: .*${field}`),
      JSON.stringify(given),
    )
  }
})

test('a batch must hold its count, its ends, one day and offsets that ascend', () => {
  const wrong: [RegExp, () => unknown][] = [
    [/no lines/, () => check([])],
    [/fewer lines/, () => check([visitChange(5)])],
    [/more lines/, () => check([visitChange(5), visitChange(6), visitChange(7)])],
    [/before the last/, () => check([visitChange(5), visitChange(6)])],
    [/above the last/, () => check([visitChange(5), visitChange(8)])],
    [/ascend/, () => check([visitChange(5), visitChange(5)])],
    [
      /another day/,
      () => check([visitChange(5), visitChange(7, { committedAt: '2024-03-06T00:00:00.000Z' })]),
    ],
    [/another day/, () => check([visitChange(5), visitChange(7)], { day: '20240304' })],
    [/not JSON/, () => check(['{', visitChange(7)])],
    [/not JSON/, () => check(['', visitChange(7)])],
    [/not a JSON object/, () => check(['[]', visitChange(7)])],
  ]
  for (const [message, work] of wrong) {
    assert.throws(
      work,
      (error) => error instanceof BatchFault && message.test(error.message),
      String(message),
    )
  }
})

test('half of a surrogate pair is refused, a whole pair and a backslash before "ud800" are not', () => {
  const one = { firstOffset: 5, lastOffset: 5, count: 1 }
  const line = (text: string) => JSON.stringify(visitChange(5)).replace('J45 Asthma', text)
  assert.throws(() => check([line('x\\ud800')], one), /surrogate/)
  assert.throws(() => check([line('\\uDC00 x')], one), /surrogate/)
  assert.equal(check([line('\\ud83d\\ude00')], one), '20240305')
  assert.equal(check([line('\\\\ud800')], one), '20240305')
})

test('the check by hand lets through nothing that the schema of the change record refuses', () => {
  const cases = [
    visitChange(5),
    visitChange(5, { op: 'd', row: null }),
    visitChange(5, { op: 't', key: null, row: null }),
    visitChange(5, { op: 'r', txId: null }),
  ]
  for (const change of cases) {
    assert.equal(changeSchema.safeParse(change).success, true)
    assert.equal(check([change], { lastOffset: 5, count: 1 }), '20240305')
  }
})

test('invariant 8: a fault names a line and a field, never a value', () => {
  const line = visitChange(5, { sequence: 'Erika Mustermann' })
  assert.throws(
    () => check([line]),
    (error) => error instanceof Error && !/Erika/.test(error.message),
  )
})

async function lines(data: Buffer, chunk: number, max?: number): Promise<string[]> {
  const parts: Buffer[] = []
  for (let at = 0; at < data.length; at += chunk) parts.push(data.subarray(at, at + chunk))
  const found: string[] = []
  for await (const some of gunzipLines(Readable.from(parts), max)) found.push(...some)
  return found
}

test('lines come out of the stream as they come out of the whole text, however it is cut', async () => {
  const all = ['{"a":1}', 'é😀', '', 'x'.repeat(700_000), 'end']
  for (const plain of [`${all.join('\n')}\n`, all.join('\n')]) {
    assert.deepEqual([...splitLines(Buffer.from(plain))], all)
    const data = gzipSync(plain)
    for (const chunk of [1, 7, 100_000]) assert.deepEqual(await lines(data, chunk), all)
  }
})

test('what is not whole gzip, not UTF-8 or has no end is a fault', async () => {
  const data = gzipSync('a\nb\n'.repeat(1000))
  await assert.rejects(lines(data.subarray(0, data.length - 9), 10), /not whole gzip/)
  await assert.rejects(lines(data.subarray(0, data.length - 3), 10), /not whole gzip/)
  await assert.rejects(lines(Buffer.from('plain text'), 10), /not whole gzip/)
  await assert.rejects(lines(Buffer.alloc(0), 10), /not whole gzip/)
  const flipped = Buffer.from(data)
  flipped[flipped.length - 6]! ^= 1
  await assert.rejects(lines(flipped, 10), /not whole gzip/)
  await assert.rejects(lines(gzipSync(Buffer.from([0x7b, 0xff, 0x0a])), 10), /not UTF-8/)
  await assert.rejects(lines(gzipSync(Buffer.alloc(2_000_000)), 100_000, 1_000_000), /too long/)
})

test('an error of the source is not taken for a fault of the batch', async () => {
  const source = new Readable({ read() {} })
  setImmediate(() => source.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET' })))
  await assert.rejects(
    async () => {
      for await (const _ of gunzipLines(source));
    },
    { code: 'ECONNRESET' },
  )
})

test('invariant 4: members keep their text to the letter', () => {
  const row = '{"n": 9007199254740993, "d":1.10,"s":"a\\"}{[\\\\","e":{"x":[1,{"y":"]"}]}}'
  const line = ` {"key":{"id":1} , "row" : ${row},"op":"u","t":true,"z":null,"last":-1.5e3 }`
  assert.deepEqual(Object.fromEntries(memberTexts(line)), {
    key: '{"id":1}',
    row,
    op: '"u"',
    t: 'true',
    z: 'null',
    last: '-1.5e3',
  })
  assert.deepEqual([...memberTexts('{}')], [])
  assert.equal(memberTexts('{"a":1,"a":2}').get('a'), '2')
  assert.equal(memberTexts('{"r\\u006fw":[]}').get('row'), '[]')
})

test('invariant 4: the key as text keeps every digit', () => {
  assert.equal(rowKeyOfText('{"id":9007199254740993}', ['id']), '9007199254740993')
  assert.equal(rowKeyOfText('{"id":42}', ['id']), '42')
  assert.equal(rowKeyOfText('{"id":"a\\"é"}', ['id']), 'a"é')
  assert.equal(rowKeyOfText('{"b":"x","a":9007199254740993}', ['a', 'b']), '[9007199254740993,"x"]')
})
