import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { DeadLetterNote } from '@pipeline/hospital/dead-letter.ts'
import type { KafkaRecord } from '@pipeline/hospital/debezium.ts'
import { decodeLine } from '@pipeline/hospital/fast-decode.ts'
import type { Batch } from './batch.ts'
import { PartitionStream } from './partition-stream.ts'

const topic = 'postgres-source.public.medicines'
let published: { batch: Batch; taken: () => void }[]
let letters: { note: DeadLetterNote; payload: Buffer; taken: () => void }[]
let stream: PartitionStream

beforeEach(() => {
  published = []
  letters = []
  stream = new PartitionStream(
    topic,
    0,
    { maxChanges: 3, maxBytes: 1e6 },
    {
      decode: decodeLine,
      publish: (batch) => new Promise((taken) => published.push({ batch, taken })),
      deadLetter: (note, payload) => new Promise((taken) => letters.push({ note, payload, taken })),
      tombstone: () => {},
      now: () => new Date('2026-11-24T12:00:00Z'),
      elapsed: () => 1_000,
    },
  )
})

function good(offset: number): KafkaRecord {
  const value = {
    before: null,
    after: { medicine_id: offset, name: 'n', category: null, manufacturer: null, price: '1.00' },
    source: { table: 'medicines', sequence: `["1","${offset + 2}"]`, ts_ms: 1, txId: 1 },
    op: 'c',
    ts_ms: 2,
  }
  const key = Buffer.from(JSON.stringify({ medicine_id: offset }))
  return { topic, partition: 0, offset, key, value: Buffer.from(JSON.stringify(value)) }
}
const bad = (offset: number): KafkaRecord => ({
  topic,
  partition: 0,
  offset,
  key: null,
  value: Buffer.from('Anna'),
})
const tombstone = (offset: number): KafkaRecord => ({
  topic,
  partition: 0,
  offset,
  key: Buffer.from('{}'),
  value: null,
})
const offsetsOf = ({ ndjson }: Batch): number[] =>
  ndjson
    .toString()
    .split('\n')
    .slice(0, -1)
    .map((line) => (JSON.parse(line) as { offset: number }).offset)
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('full batches go at once, the rest when it is flushed; the offset follows what was taken', async () => {
  stream.take([good(0), good(1), good(2), good(3)])
  assert.deepEqual(
    published.map(({ batch }) => batch.count),
    [3],
  )
  stream.flush()
  assert.deepEqual(
    published.map(({ batch }) => batch.count),
    [3, 1],
  )
  published[1]!.taken()
  await settle()
  assert.equal(stream.offsets.toCommit(), undefined)
  published[0]!.taken()
  await settle()
  assert.equal(stream.offsets.toCommit(), 4)
})

test('invariant 5: an unreadable record goes to dead letters whole, and the offset waits for that too', async () => {
  stream.take([good(0), bad(1), good(2)])
  stream.flush()
  assert.deepEqual(
    published.map(({ batch }) => offsetsOf(batch)),
    [[0, 2]],
  )
  assert.deepEqual(
    letters.map(({ note }) => [note.code, note.topic, note.partition, note.offset, note.source]),
    [['RECORD_UNREADABLE', topic, 0, 1, 'relay']],
  )
  assert.deepEqual(JSON.parse(letters[0]!.payload.toString()), {
    key: null,
    value: Buffer.from('Anna').toString('base64'),
  })
  assert.doesNotMatch(letters[0]!.note.reason, /Anna/)
  published[0]!.taken()
  await settle()
  assert.equal(stream.offsets.toCommit(), undefined)
  letters[0]!.taken()
  await settle()
  assert.equal(stream.offsets.toCommit(), 3)
})

test('records with nothing to send move the offset on by themselves', async () => {
  stream.take([tombstone(0), tombstone(1)])
  await settle()
  assert.equal(stream.offsets.toCommit(), 2)
  stream.take([bad(2)])
  await settle()
  assert.equal(stream.offsets.toCommit(), 2)
  letters[0]!.taken()
  await settle()
  assert.equal(stream.offsets.toCommit(), 3)
  assert.equal(published.length, 0)
})

test('a batch that Pub/Sub never takes holds the offset where it is', async () => {
  const stuck = new PartitionStream(
    topic,
    0,
    { maxChanges: 1, maxBytes: 1e6 },
    {
      decode: decodeLine,
      publish: () => Promise.reject(new Error('stopped')),
      deadLetter: async () => {},
      tombstone: () => {},
      now: () => new Date(),
      elapsed: () => 1_000,
    },
  )
  stuck.take([good(0), good(1)])
  await settle()
  assert.equal(stuck.offsets.toCommit(), undefined)
})

test('reading that goes back is noticed', () => {
  stream.take([good(5)])
  assert.equal(stream.follows(6), true)
  assert.equal(stream.follows(9), true)
  assert.equal(stream.follows(5), false)
})
