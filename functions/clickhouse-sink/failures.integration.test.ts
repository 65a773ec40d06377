import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { formatSequence } from '@pipeline/hospital/sequence.ts'
import { type ClickHouse, openClickHouse } from '../clickhouse/client.ts'
import { type Batch, batchOf, visitChange, visitChanges } from '../testing/batches.ts'
import { type LocalClickHouse, startClickHouse } from '../testing/clickhouse.ts'
import { newSink, type Sinking } from '../testing/sinking.ts'
import { FINAL, history, row, shown } from '../testing/visit-history.ts'

let engine: LocalClickHouse
let sink: Sinking
const sinks: Sinking[] = []

async function newOne(given: Parameters<typeof newSink>[1] = {}): Promise<Sinking> {
  const made = await newSink(engine, given)
  sinks.push(made)
  return made
}

before(async () => {
  engine = await startClickHouse()
})
beforeEach(async () => {
  sink = await newOne()
})
after(async () => {
  await Promise.all(sinks.map((each) => each.stop()))
  await engine.stop()
})

test('invariants 5 and 8: a value that does not fit sends its own row to dead letters, and the others are stored', async () => {
  const bad: Record<string, unknown>[] = [
    { total_cost: 'NaN' },
    { total_cost: '100000000.00' },
    { total_cost: '0.001' },
    { total_cost: 5 },
    { patient_id: JSON.rawJSON('9223372036854775808') },
    { visit_date: 'Erika Mustermann' },
    { visit_id: 77 },
  ]
  const changes = [
    ...bad.map((given, offset) =>
      visitChange(offset, { key: { visit_id: offset }, row: row(offset, given) }),
    ),
    ...visitChanges(bad.length, 20),
  ]
  const batch = batchOf(changes)
  assert.equal(await sink.send(batch), 204)
  assert.deepEqual(await sink.current('count() AS n'), [{ n: 21 - bad.length }])
  assert.deepEqual(await sink.ledger(), [{ first: 0, last: 20, changes: 21, refused: bad.length }])
  assert.equal(sink.deadLetters.messages.length, bad.length)
  const offsets = sink.deadLetters.messages.map(({ attributes }) => Number(attributes.deadLetterOffset))
  assert.deepEqual(
    offsets.toSorted((x, y) => x - y),
    bad.map((_, offset) => offset),
  )
  for (const { attributes, data } of sink.deadLetters.messages) {
    const offset = Number(attributes.deadLetterOffset)
    assert.equal(attributes.deadLetterCode, 'RECORD_BAD_VALUE')
    assert.match(attributes.deadLetterReason!, new RegExp(`column=${Object.keys(bad[offset]!)[0]}`))
    assert.equal(attributes.format, 'ndjson.gz')
    assert.deepEqual(gunzipSync(data).toString(), `${JSON.stringify(changes[offset])}\n`)
  }
  const told = sink.log.text() + JSON.stringify(sink.deadLetters.messages.map(({ attributes }) => attributes))
  assert.doesNotMatch(told, /Erika|NaN|100000000/)
})

test('invariant 5: poison goes to dead letters whole and is in no ledger', async () => {
  const good = batchOf(visitChanges(0, 3))
  const poison: [string, Pick<Batch, 'data' | 'attributes'>][] = [
    ['MESSAGE_CORRUPT', { ...good, data: Buffer.from('no gzip') }],
    ['MESSAGE_CORRUPT', batchOf(visitChanges(0, 3), { count: '3' })],
    ['MESSAGE_NOT_OURS', { data: good.data, attributes: {} }],
    ['RECORD_UNKNOWN_TABLE', batchOf(visitChanges(0, 3), { table: 'wards' })],
    [
      'MESSAGE_CORRUPT',
      { ...good, attributes: { ...good.attributes, format: 'reference', object: good.name } },
    ],
  ]
  for (const [code, batch] of poison) {
    sink.deadLetters.messages = []
    assert.equal(await sink.send(batch), 204)
    assert.equal(sink.deadLetters.messages[0]?.attributes.deadLetterCode, code)
  }
  assert.equal(await sink.send(good), 204)
  assert.deepEqual(await sink.ledger(), [{ first: 0, last: 3, changes: 4, refused: 0 }])
})

test('invariant 1: with no dead-letter topic a batch with a bad row comes again and is in no ledger', async () => {
  sink.deadLetters.failure = new Error('away')
  const batch = batchOf([visitChange(0, { row: row(0, { total_cost: 'NaN' }) })])
  assert.equal(await sink.send(batch), 500)
  assert.deepEqual(await sink.ledger().catch(() => []), [])
  sink.deadLetters.failure = undefined
  assert.equal(await sink.send(batch), 204)
  assert.deepEqual(await sink.ledger(), [{ first: 0, last: 0, changes: 1, refused: 1 }])
})

test('invariant 1: killed between rows and ledger, or down, ClickHouse makes messages come again and nothing is lost', async () => {
  const batch = batchOf(history)
  assert.equal(await sink.send(batchOf(visitChanges(100, 101, { sequence: formatSequence(0n, 0n, 0) }))), 204)
  const { clickhouse } = sink
  const wrap = (inner: ClickHouse): ClickHouse => ({
    ...inner,
    insert: async (table, ...rest) => {
      if (table === 'change_batches') await engine.kill()
      await inner.insert(table, ...rest)
    },
  })
  const crashing = await newOne({ clickhouse, wrap })
  assert.equal(await crashing.send(batch), 503)
  assert.equal(await sink.send(batch), 503)
  assert.equal(sink.deadLetters.messages.length + crashing.deadLetters.messages.length, 0)
  await engine.start()
  assert.deepEqual(await sink.current(shown), FINAL)
  assert.deepEqual(
    (await sink.ledger()).map(({ first }) => first),
    [100],
  )
  assert.equal(await sink.send(batch), 204)
  assert.deepEqual(await sink.current(shown), FINAL)
  assert.deepEqual(
    (await sink.ledger()).map(({ first }) => first),
    [0, 100],
  )
})

test('a schema that somebody dropped is made again', async () => {
  assert.equal(await sink.send(batchOf(visitChanges(0, 3))), 204)
  await sink.clickhouse.command(`DROP DATABASE ${sink.clickhouse.database}`)
  assert.equal(await sink.send(batchOf(visitChanges(4, 5))), 503)
  assert.equal(await sink.send(batchOf(visitChanges(4, 5))), 204)
  assert.deepEqual(await sink.current('count() AS n'), [{ n: 2 }])
})

test('a message that is replayed mends what somebody deleted, also where the server drops repeated inserts', async () => {
  const table = `${sink.clickhouse.database}.visits`
  assert.equal(await sink.send(batchOf(visitChanges(9, 9))), 204)
  await sink.clickhouse.command(
    `ALTER TABLE ${table} MODIFY SETTING non_replicated_deduplication_window = 100`,
  )
  const batch = batchOf(visitChanges(0, 3))
  assert.equal(await sink.send(batch), 204)
  await sink.clickhouse.command(`ALTER TABLE ${table} DELETE WHERE visit_id = 2 SETTINGS mutations_sync = 2`)
  assert.deepEqual(await sink.current('count() AS n'), [{ n: 4 }])
  assert.equal(await sink.send(batch), 204)
  assert.deepEqual(await sink.current('count() AS n'), [{ n: 5 }])
})

test('invariant 8: an error of the server is told by its number, without its text or a value', async () => {
  assert.equal(await sink.send(batchOf(visitChanges(0, 3))), 204)
  await sink.clickhouse.command(
    `ALTER TABLE ${sink.clickhouse.database}.visits ADD CONSTRAINT never CHECK diagnosis != 'Erika'`,
  )
  const others = visitChanges(10, 12)
  const slow = await newOne({ clickhouse: sink.clickhouse, everyMs: 500 })
  assert.equal(await slow.send(batchOf(others)), 204)
  const together = await Promise.all([
    slow.send(batchOf([visitChange(5, { row: row(5, { diagnosis: 'Erika' }) })])),
    slow.send(batchOf(visitChanges(20, 22))),
  ])
  assert.deepEqual(together, [503, 204], 'one that fails does not hold back what came with it')
  assert.match(slow.log.text(), /CLICKHOUSE_UNAVAILABLE/)
  assert.match(slow.log.text(), /status=469/)
  assert.doesNotMatch(slow.log.text(), /Erika/)
  const nowhere = openClickHouse({ url: 'http://127.0.0.1:9', username: 'default', database: 'none' })
  assert.equal(await (await newOne({ clickhouse: nowhere })).send(batchOf(others)), 503)
  await nowhere.close()
})
