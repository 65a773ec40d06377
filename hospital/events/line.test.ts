import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KafkaRecord } from '../debezium.ts'
import { PipelineError } from '../errors.ts'
import { decodeEventLine, readEventLine } from './line.ts'

function record(value: string | Buffer | null, topic = 'topic_visits'): KafkaRecord {
  return {
    topic,
    partition: 2,
    offset: 41,
    key: null,
    value: value === null ? null : Buffer.from(value),
    timestamp: '1772352000123',
  }
}

function errorOf(given: KafkaRecord): PipelineError {
  try {
    decodeEventLine(given)
  } catch (error) {
    assert.ok(error instanceof PipelineError)
    return error
  }
  throw new Error('it was taken')
}

test('an event travels to the letter, in one line, with its origin', () => {
  const text = '{\r\n  "eventId": "a\\nb",\n "n": 12345678901234567890.10, "event":{"x":",\\"event\\":"}\n}'
  const { line, table, committedAt } = decodeEventLine(record(text))
  assert.deepEqual([table, committedAt], ['visits', '2026-03-01T08:00:00.123Z'])
  assert.equal(line.indexOf('\n'), line.length - 1)
  const read = readEventLine(line.slice(0, -1), JSON.parse)!
  assert.deepEqual(read.origin, { topic: 'topic_visits', partition: 2, offset: 41, at: committedAt })
  assert.deepEqual(read.event, JSON.parse(text))
  assert.equal(read.text, text.replace(/[\r\n]+/g, ' '))
})

test('invariant 5: what is not JSON is refused with its place and without its value', () => {
  for (const value of ['Erika, no JSON', '{"a":', '', Buffer.from([0x22, 0xff, 0x22]), null]) {
    const error = errorOf(record(value))
    assert.equal(error.code, 'EVENT_UNREADABLE')
    assert.match(error.message, /topic=topic_visits partition=2 offset=41/)
    assert.doesNotMatch(error.message, /Erika/)
  }
  assert.equal(errorOf(record('{}', 'topic_patients')).code, 'EVENT_UNREADABLE')
  assert.equal(errorOf(record(`"${'x'.repeat(9_000_000)}"`)).code, 'EVENT_TOO_LARGE')
})

test('a line of anything else is not taken for an event', () => {
  const { line } = decodeEventLine(record('{"a":1}'))
  const good = line.slice(0, -1)
  assert.ok(readEventLine(good, JSON.parse))
  for (const bad of [
    'null',
    '[]',
    good.slice(0, -1),
    good.replace('topic_visits', 'topic_patients'),
    good.replace('41', '-1'),
    good.replace('"event"', '"other"'),
  ]) {
    assert.equal(readEventLine(bad, JSON.parse), undefined, bad)
  }
})
