import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ChangeRecord } from '@pipeline/hospital/change.ts'
import { BatchChecker, BatchFault } from './check.ts'
import { fastLines } from './fast-line.ts'

const topic = 'postgres-source.public.visits'
const claim = { table: 'visits', topic, partition: 0, firstOffset: 7, lastOffset: 7 }
const change: ChangeRecord = {
  table: 'visits',
  op: 'u',
  key: { visit_id: 12 },
  row: { visit_id: 12, diagnosis: 'a "quote", "sequence":"x", {brace} \\ é' },
  sequence: '0000000000000001/0000000000000002/0001',
  txId: 3,
  committedAt: '2026-11-24T12:00:00.000Z',
  capturedAt: '2026-11-24T12:00:00.100Z',
  topic,
  partition: 0,
  offset: 7,
}

function checked(line: string) {
  return new BatchChecker(claim).line(line)
}

test("the relay's own lines are read fast, and as JSON.parse reads them", () => {
  const fast = fastLines(claim)!
  for (const each of [change, { ...change, op: 'd' as const, row: null }, { ...change, txId: null }]) {
    const line = JSON.stringify(each)
    const texts = fast(line)!
    assert.ok(texts, line)
    assert.deepEqual(
      { ...each, key: JSON.parse(texts.key), row: JSON.parse(texts.row ?? 'null'), sequence: texts.sequence },
      each,
    )
    assert.deepEqual(
      [texts.op, texts.rowKey, texts.txId, texts.committedAt, texts.capturedAt, texts.offset],
      [each.op, '12', each.txId, each.committedAt, each.capturedAt, 7],
    )
    const { texts: _, ...slow } = checked(line)
    const { texts: none, ...reordered } = checked(
      JSON.stringify(Object.fromEntries(Object.entries(each).reverse())),
    )
    assert.equal(none, undefined)
    assert.deepEqual(slow, reordered)
  }
})

test('every other line is left to the full reading', () => {
  const fast = fastLines(claim)!
  const line = JSON.stringify(change)
  const others = [
    JSON.stringify({ ...change, op: 't', key: null, row: null }),
    JSON.stringify({ ...change, op: 'd' }),
    JSON.stringify({ ...change, row: null }),
    JSON.stringify({ ...change, key: { visit_id: '12' } }),
    JSON.stringify({ ...change, row: { visit_id: 12, diagnosis: '\u0001' } }),
    JSON.stringify({ ...change, topic: 'postgres-sourceXpublic.visits' }),
    JSON.stringify({ ...change, committedAt: '2026-11-24T25:00:00.000Z' }),
    line.replace('"key"', ' "key"'),
    `${line} `,
    line.replace('"offset":7', '"offset":07'),
  ]
  for (const other of others) assert.equal(fast(other), undefined, other)
})

test('invariant 5: what only looks like a line of the relay is refused all the same', () => {
  const line = JSON.stringify(change)
  const bad = [
    line.replace('"diagnosis":', 'diagnosis:'),
    line.replace('"row":{', '"row":{}},{"row":{'),
    line.replace('2026-11-24T12:00:00.000Z', '2026-02-30T12:00:00.000Z'),
    line.replace('"txId":3', '"txId":4294967296'),
    line.replace('"offset":7', '"offset":8'),
  ]
  for (const each of bad) assert.throws(() => checked(each), BatchFault, each)
})

test('a table whose key is not one integer is read in full', () => {
  assert.equal(fastLines({ ...claim, table: 'wards' }), undefined)
})
