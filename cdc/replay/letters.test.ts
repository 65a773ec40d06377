import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { deadLetterObject } from '@pipeline/hospital/dead-letter.ts'
import { ContiguousBatches } from './batches.ts'
import {
  contentOf,
  inOrder,
  type LetterName,
  letterPrefix,
  readLetter,
  readLetterName,
  replayedName,
} from './letters.ts'
import { readTarget } from './target.ts'

const topic = 'postgres-source.public.doctors'
const note = { code: 'RECORD_BAD_VALUE', reason: 'r', source: 'relay', at: '2024-03-05T10:20:30.000Z' }

function letterOf(given: object, payload: string | Buffer | null, attributes: Record<string, string> = {}) {
  const { body, name } = deadLetterObject({
    ...note,
    ...given,
    attributes,
    payload: payload === null ? null : Buffer.from(payload),
  })
  return { name, letter: readLetter(Buffer.from(body))! }
}

test('names of letters are read and put in the order of their records', () => {
  const name = (offset: number) => letterOf({ topic, partition: 0, offset }, null).name
  const read = [name(10), name(9), 'dead-letters/lake-sink/date=20240305/17.json'].map(
    (each) => readLetterName(each)!,
  )
  assert.deepEqual(read[0], { name: name(10), source: 'relay', topic, partition: 0, offset: 10 })
  assert.deepEqual(
    read.sort(inOrder).map(({ offset }: LetterName) => offset),
    [undefined, 9, 10],
  )
  assert.equal(readLetterName('changes/x'), undefined)
  assert.equal(replayedName(name(9)), name(9).replace('dead-letters/', 'dead-letters-replayed/'))
  assert.equal(name(9).startsWith(letterPrefix('relay')), true)
})

test('each kind of letter comes to what is to be sent, or stays with its reason', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const record = JSON.stringify({ key: base64('{"doctor_id":1}'), value: base64('no json') })
  const where = { topic, partition: 0, offset: 7 }
  const bad = contentOf(letterOf(where, record).letter)
  assert.equal(bad.kind === 'stays' && bad.code, 'RECORD_UNREADABLE')
  const none = contentOf(
    letterOf(where, JSON.stringify({ key: base64('{"doctor_id":1}'), value: null })).letter,
  )
  assert.equal(none.kind, 'nothing')
  assert.equal(contentOf(letterOf(where, 'x').letter).kind, 'stays')

  const line = '{"table":"doctors","committedAt":"2024-03-05T10:20:30.000Z","topic":"t","offset":7}\n'
  const attributes = { table: 'doctors', count: '1', format: 'ndjson.gz' }
  const source = { source: 'clickhouse-sink' }
  const single = contentOf(letterOf({ ...source, ...where }, gzipSync(line), attributes).letter)
  assert.ok(single.kind === 'line')
  assert.deepEqual(single.line, { line, table: 'doctors', committedAt: '2024-03-05T10:20:30.000Z', ...where })
  const two = contentOf(letterOf({ ...source, ...where }, gzipSync(line + line), attributes).letter)
  assert.equal(two.kind, 'message')
  const other = contentOf(letterOf({ ...source, messageId: '5' }, 'x', attributes).letter)
  assert.deepEqual(other, { kind: 'message', data: Buffer.from('x'), attributes })

  const event =
    '{"topic":"topic_visits","partition":0,"offset":3,"at":"2024-03-05T10:20:30.000Z","event":{}}\n'
  const origin = { topic: 'topic_visits', partition: 0, offset: 3 }
  const sent = contentOf(
    letterOf({ source: 'oltp-sink', ...origin }, event, { count: '1', format: 'ndjson' }).letter,
  )
  assert.equal(sent.kind === 'line' && sent.carries, 'events')

  const object = contentOf(
    letterOf({ source: 'load-facts', object: 'changes/x', generation: '3' }, null).letter,
  )
  assert.deepEqual(object, { kind: 'object', object: 'changes/x', generation: '3' })
  assert.equal(readLetter(Buffer.from('{}')), undefined)
})

test('offsets that follow each other travel together, and a batch answers for no other', () => {
  const batches = new ContiguousBatches<number>()
  const line = (offset: number, given: object = {}) => ({
    line: `{"offset":${offset}}\n`,
    table: 'doctors',
    topic,
    partition: 0,
    offset,
    committedAt: '2024-03-05T10:20:30.000Z',
    ...given,
  })
  const cuts = [
    batches.add('changes', line(1), 1),
    batches.add('changes', line(2), 2),
    batches.add('changes', line(2), 22),
    batches.add('changes', line(4), 4),
    batches.add('changes', line(5, { partition: 1 }), 5),
    batches.add('changes', line(6, { partition: 1, committedAt: '2024-03-06T10:20:30.000Z' }), 6),
    batches.take(),
    batches.take(),
  ]
  const seen = cuts.flatMap((cut) =>
    cut ? [[cut.batch.firstOffset, cut.batch.lastOffset, cut.batch.count, cut.items]] : [],
  )
  assert.deepEqual(seen, [
    [1, 2, 2, [1, 2, 22]],
    [4, 4, 1, [4]],
    [5, 5, 1, [5]],
    [6, 6, 1, [6]],
  ])
  for (let offset = 0; offset < 5000; offset++)
    assert.equal(batches.add('changes', line(offset), offset), undefined)
  const full = batches.add('changes', line(5000), 5000)!
  assert.deepEqual([full.batch.count, full.items.length], [5000, 5000])
  assert.deepEqual(batches.take()!.items, [5000])
})

test('a place to replay from is read strictly', () => {
  assert.deepEqual(readTarget('changes/visits/date=20240305/'), {
    kind: 'lake',
    prefix: 'changes/visits/date=20240305/',
  })
  assert.deepEqual(readTarget('a.b:0:5'), { kind: 'kafka', topic: 'a.b', partition: 0, first: 5, last: 5 })
  assert.deepEqual(readTarget('a.b:3:5-9'), { kind: 'kafka', topic: 'a.b', partition: 3, first: 5, last: 9 })
  for (const wrong of [
    '',
    'visits',
    'exports/x',
    'a:b:c',
    'a:0:9-5',
    'a:0:-1',
    'a:0:1-',
    'a:0:1.5',
    '../changes/',
  ])
    assert.throws(() => readTarget(wrong), { code: 'REQUEST_INVALID' }, wrong)
})
