import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import type { ChangeRecord } from '@pipeline/hospital/change.ts'
import { lineOf } from '@pipeline/hospital/fast-decode.ts'
import { type Batch, BatchBuilder } from './batch.ts'
import { encodeBatch, objectOf, referenceTo } from './message.ts'

function change(offset: number, more: Partial<ChangeRecord> = {}): ChangeRecord {
  return {
    table: 'visits',
    op: 'c',
    key: { visit_id: offset },
    row: { visit_id: offset, diagnosis: 'x'.repeat(20) },
    sequence: `${'0'.repeat(16)}/${offset.toString(16).padStart(16, '0')}/0001`,
    txId: 1,
    committedAt: '2026-11-24T23:59:59.000Z',
    capturedAt: '2026-11-24T23:59:59.100Z',
    topic: 'postgres-source.public.visits',
    partition: 0,
    offset,
    ...more,
  }
}

/** The lines of a batch. */
function linesOf({ ndjson }: Batch): string[] {
  return ndjson.toString().split('\n').slice(0, -1)
}

function cutAll(limits: { maxChanges: number; maxBytes: number }, changes: ChangeRecord[]): Batch[] {
  const builder = new BatchBuilder(limits)
  const batches = changes.flatMap((each) => builder.add(lineOf(each)) ?? [])
  const rest = builder.take()
  return rest ? [...batches, rest] : batches
}

test('a batch is cut at its count, its bytes and its UTC day, and holds every change once, in order', () => {
  const day = { committedAt: '2026-11-25T00:00:00.000Z' }
  const changes = [...Array(7)].map((_, i) => change(i, i >= 5 ? day : {}))
  const byCount = cutAll({ maxChanges: 3, maxBytes: 1e6 }, changes)
  assert.deepEqual(
    byCount.map(({ firstOffset, lastOffset, count, day }) => [firstOffset, lastOffset, count, day]),
    [
      [0, 2, 3, '20261124'],
      [3, 4, 2, '20261124'],
      [5, 6, 2, '20261125'],
    ],
  )
  const line = Buffer.byteLength(`${linesOf(byCount[0]!)[0]}\n`)
  const byBytes = cutAll({ maxChanges: 100, maxBytes: 2 * line }, changes.slice(0, 5))
  assert.deepEqual(
    byBytes.map(({ count }) => count),
    [2, 2, 1],
  )
  assert.deepEqual(
    byBytes.flatMap(linesOf).map((text) => JSON.parse(text).offset),
    [0, 1, 2, 3, 4],
  )
})

test('bytes are counted as UTF-8, and a change above the limit is a batch of its own', () => {
  const wide = change(1, { row: { visit_id: 1, diagnosis: '患者'.repeat(500) } })
  const [first, second, third] = cutAll({ maxChanges: 100, maxBytes: 1_000 }, [change(0), wide, change(2)])
  assert.deepEqual([first!.count, second!.count, third!.count], [1, 1, 1])
  assert.deepEqual(JSON.parse(linesOf(second!)[0]!), wide)
})

test('the same batch gives the same bytes, and its attributes say what is in it', async () => {
  const [batch] = cutAll({ maxChanges: 10, maxBytes: 1e6 }, [change(3), change(5), change(9)])
  const [one, two] = [await encodeBatch(batch!), await encodeBatch(batch!)]
  assert.deepEqual(one, two)
  assert.deepEqual(gunzipSync(one.data), batch!.ndjson)
  assert.deepEqual(one.attributes, {
    table: 'visits',
    topic: 'postgres-source.public.visits',
    partition: '0',
    firstOffset: '3',
    lastOffset: '9',
    count: '3',
    format: 'ndjson.gz',
  })
  const name = 'postgres-source.public.visits-0-00000000000000000003-00000000000000000009.ndjson.gz'
  assert.equal(objectOf(batch!), `changes/visits/date=20261124/${name}`)
  assert.deepEqual(referenceTo(batch!).attributes.object, objectOf(batch!))
})

test('large and small lines in any order, and letters of every length, come out as they went in', () => {
  const texts = [
    'a',
    'é'.repeat(70_000),
    '患者',
    'x'.repeat(300_000),
    '😀'.repeat(40_000),
    '\ud800',
    '',
    'end',
  ]
  const changes = [...Array(200)].map((_, i) =>
    change(i, { row: { visit_id: i, diagnosis: texts[i % texts.length]! } }),
  )
  for (const maxBytes of [1, 200_000, 1_000_000, 1e9]) {
    const batches = cutAll({ maxChanges: 1_000, maxBytes }, changes)
    const expected = Buffer.from(changes.map((each) => lineOf(each).line).join(''))
    assert.ok(Buffer.concat(batches.map(({ ndjson }) => ndjson)).equals(expected))
    assert.ok(batches.every(({ count, ndjson }) => count === 1 || ndjson.length <= maxBytes))
  }
})
