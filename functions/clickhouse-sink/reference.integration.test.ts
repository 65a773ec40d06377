import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { after, before, test } from 'node:test'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Lake } from '../lake/port.ts'
import { type Batch, batchOf, visitChange, visitChanges } from '../testing/batches.ts'
import { type LocalClickHouse, startClickHouse } from '../testing/clickhouse.ts'
import { newSink, type Sinking } from '../testing/sinking.ts'
import { row } from '../testing/visit-history.ts'

let engine: LocalClickHouse
let sink: Sinking
const objects = new Map<string, Buffer>()
let away = false
const lake: Pick<Lake, 'head' | 'open'> = {
  head: async (name) => {
    if (away) throw new PipelineError('LAKE_UNAVAILABLE', {})
    const bytes = objects.get(name)
    return bytes && { name, generation: '1', size: bytes.length, storedAt: '2024-03-05T10:20:30.000Z' }
  },
  open: async ({ name }) => Readable.from([objects.get(name)!]),
}

before(async () => {
  engine = await startClickHouse()
  sink = await newSink(engine, { lake })
})
after(async () => {
  await sink.stop()
  await engine.stop()
})

const referenceTo = ({ attributes, name }: Batch, given: Record<string, string> = {}) => ({
  data: Buffer.alloc(0),
  attributes: { ...attributes, format: 'reference', object: name, ...given },
})

test('a change too large for a message is read from the lake, and comes in whole', async () => {
  const text = 'é'.repeat(10 * 1024 * 1024)
  const batch = batchOf([visitChange(7, { key: { visit_id: 7 }, row: row(7, { diagnosis: text }) })])
  objects.set(batch.name, batch.data)
  away = true
  assert.equal(await sink.send(referenceTo(batch)), 503)
  away = false
  assert.equal(await sink.send(referenceTo(batch)), 204)
  const md5 = createHash('md5').update(text).digest('hex')
  assert.deepEqual(await sink.current('toInt32(visit_id) AS id, lower(hex(MD5(diagnosis))) AS md5'), [
    { id: 7, md5 },
  ])
  assert.deepEqual(await sink.ledger(), [{ first: 7, last: 7, changes: 1, refused: 0 }])
})

test('invariant 5: a large change that does not fit goes to dead letters as the reference that it was', async () => {
  const batch = batchOf([visitChange(8, { row: row(8, { total_cost: 'NaN' }) })])
  objects.set(batch.name, batch.data)
  assert.equal(await sink.send(referenceTo(batch)), 204)
  const [{ attributes, data }] = sink.deadLetters.messages.splice(0) as [
    { attributes: Record<string, string>; data: Uint8Array },
  ]
  assert.deepEqual(
    [attributes.deadLetterCode, attributes.format, attributes.object, data.length],
    ['RECORD_BAD_VALUE', 'reference', batch.name, 0],
  )
})

test('invariant 5: a reference to another batch, a cut object or none is refused', async () => {
  const batch = batchOf(visitChanges(20, 23))
  objects.set(batch.name, batch.data.subarray(0, 60))
  const wrong = [
    referenceTo(batch),
    referenceTo(batch, { lastOffset: '24' }),
    referenceTo(batchOf(visitChanges(30, 33))),
  ]
  for (const reference of wrong) {
    assert.equal(await sink.send(reference), 204)
    assert.equal(sink.deadLetters.messages.pop()?.attributes.deadLetterCode, 'MESSAGE_CORRUPT')
  }
  assert.equal(await sink.send(referenceTo(batch, { object: 'changes/../x' })), 204)
  assert.equal(sink.deadLetters.messages.pop()?.attributes.deadLetterCode, 'MESSAGE_NOT_OURS')
  assert.ok((await sink.ledger()).every(({ first }) => first < 20))
})
