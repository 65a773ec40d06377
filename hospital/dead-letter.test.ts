import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type DeadLetterNote,
  deadLetterAttributes,
  deadLetterObject,
  originalAttributes,
  readDeadLetter,
} from './dead-letter.ts'

const note: DeadLetterNote = {
  code: 'RECORD_BAD_VALUE',
  reason: 'a column holds a value that its type does not allow (table=visits)',
  source: 'relay',
  at: '2024-03-05T23:59:59.000Z',
  topic: 'postgres-source.public.visits',
  partition: 1,
  offset: 42,
}
const received = '2024-03-09T00:00:00.000Z'
const message = (attributes: Record<string, string>, messageId = '77') => ({
  data: Buffer.from('{"é":1}'),
  attributes,
  messageId,
  publishTime: '2024-03-06T00:00:01.000Z',
})
const nameOf = (attributes: Record<string, string>, messageId?: string) =>
  deadLetterObject(readDeadLetter(message(attributes, messageId), received)).name

test('a letter survives the way over the topic', () => {
  const letter = readDeadLetter(message(deadLetterAttributes(note, { table: 'visits' })), received)
  const { name, body } = deadLetterObject(letter)
  assert.equal(name, 'dead-letters/relay/date=20240305/postgres-source.public.visits-1-42.json')
  assert.deepEqual(JSON.parse(body), {
    code: note.code,
    reason: note.reason,
    todo: 'compare the column in PostgreSQL with hospital/tables.ts, mend the one that is wrong, then replay',
    source: 'relay',
    origin: { topic: note.topic, partition: 1, offset: 42, messageId: '77' },
    attributes: { table: 'visits' },
    messageId: '77',
    publishedAt: '2024-03-06T00:00:01.000Z',
    deadLetteredAt: note.at,
    payload: Buffer.from('{"é":1}').toString('base64'),
  })
})

test('invariant 2: twice is once: what the relay stores itself has the name of what the sink stores', () => {
  const stored = deadLetterObject({ ...note, attributes: {}, payload: null })
  assert.equal(stored.name, nameOf(deadLetterAttributes(note)))
  assert.equal(JSON.parse(stored.body).payload, null)
})

test('invariant 2: twice is once: the original gives a letter its day and name, not the hour of giving it up', () => {
  const first: DeadLetterNote = {
    code: 'MESSAGE_CORRUPT',
    reason: 'x',
    source: 'lake-sink',
    at: '2024-03-05T23:59:59.999Z',
    originAt: '2024-03-05T23:59:00Z',
    messageId: '1001',
  }
  const again = { ...first, at: '2024-03-06T00:00:03.000Z' }
  const expected = 'dead-letters/lake-sink/date=20240305/1001.json'
  assert.equal(nameOf(deadLetterAttributes(first), '500'), expected)
  assert.equal(nameOf(deadLetterAttributes(again), '501'), expected)
})

test('two generations of a broken object are two letters', () => {
  const broken = (generation: string) =>
    nameOf(
      deadLetterAttributes({
        code: 'X',
        reason: 'x',
        source: 's',
        at: note.at,
        object: 'changes/a',
        generation,
      }),
    )
  assert.notEqual(broken('1'), broken('2'))
  assert.equal(broken('1'), broken('1'))
})

test('what Pub/Sub itself forwards gets the code DELIVERY_EXHAUSTED', () => {
  const attributes = {
    table: 'visits',
    CloudPubSubDeadLetterSourceDeliveryCount: '50',
    CloudPubSubDeadLetterSourceSubscription: 'lake-sink',
    CloudPubSubDeadLetterSourceSubscriptionProject: 'p',
    CloudPubSubDeadLetterSourceTopicPublishTime: '2024-03-05T01:00:00Z',
  }
  const { name, body } = deadLetterObject(readDeadLetter(message(attributes), received))
  const stored = JSON.parse(body)
  assert.equal(name, 'dead-letters/lake-sink/date=20240306/77.json')
  assert.equal(stored.code, 'DELIVERY_EXHAUSTED')
  assert.match(stored.reason, /50 delivery attempts/)
  assert.deepEqual(stored.origin, { messageId: '77', subscription: 'lake-sink' })
  assert.deepEqual(stored.attributes, { table: 'visits' })
  assert.equal(stored.publishedAt, '2024-03-05T01:00:00Z')
})

test('invariant 1: nothing is lost: anything can be stored, under a name that stays below its prefix', () => {
  const odd = [
    {},
    { deadLetterCode: '' },
    { deadLetterCode: 'X', deadLetterSource: '../../changes/visits', deadLetterOffset: 'none' },
    { deadLetterCode: 'X', deadLetterSource: '..', deadLetteredAt: 'not a time' },
    { deadLetterCode: 'X', deadLetterTopic: 'a/b', deadLetterPartition: '1', deadLetterOffset: '2' },
    { deadLetterCode: 'X', deadLetterObject: 'é'.repeat(512), deadLetterGeneration: '1' },
    { CloudPubSubDeadLetterSourceSubscription: '/' },
    { CloudPubSubDeadLetterSourceSubscription: 'projects/p/subscriptions/' },
  ]
  const seen = new Set<string>()
  for (const attributes of odd) {
    for (const messageId of ['77', 'a/../b', '.', 'x'.repeat(5000)]) {
      const name = nameOf(attributes as Record<string, string>, messageId)
      assert.match(name, /^dead-letters\/(?!\.)[\w.-]{1,200}\/date=\d{8}\/(?!\.)[\w.-]{1,200}\.json$/)
      seen.add(name)
    }
  }
  assert.ok(seen.size > odd.length)
})

test('ids that differ only in characters unfit for a name stay apart', () => {
  assert.notEqual(nameOf({}, 'a/b'), nameOf({}, 'a_b'))
  assert.notEqual(nameOf({}, 'a/b'), nameOf({}, 'a:b'))
})

test('attributes stay within the limits of Pub/Sub, and the note comes first', () => {
  const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`name${index}`, 'v']))
  const attributes = deadLetterAttributes({ ...note, reason: '€'.repeat(1000), messageId: '1' }, many)
  assert.equal(Object.keys(attributes).length, 100)
  assert.equal(attributes.deadLetterCode, note.code)
  assert.equal(attributes.deadLetterReason, '€'.repeat(341))
  assert.equal(attributes.name0, 'v')
})

test('a replay sends the original attributes only, and a second letter does not keep marks of the first', () => {
  const first = deadLetterAttributes(
    { ...note, object: 'changes/x', generation: '3' },
    { table: 'visits', googid: '1' },
  )
  assert.deepEqual(originalAttributes(first), { table: 'visits' })
  const second = deadLetterAttributes({ code: 'B', reason: 'b', source: 'lake-sink', at: note.at }, first)
  assert.equal(second.deadLetterCode, 'B')
  assert.equal(second.deadLetterObject, undefined)
  assert.equal(second.table, 'visits')
})
