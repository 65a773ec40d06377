import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { decodeChange, type KafkaRecord } from './debezium.ts'
import { PipelineError } from './errors.ts'
import { formatSequence } from './sequence.ts'

const source = {
  version: '3.6.1.Final',
  connector: 'postgresql',
  name: 'postgres-source',
  ts_ms: 1795508100378,
  snapshot: 'false',
  db: 'hospital',
  sequence: '["26484648","26484776"]',
  ts_us: 1795508100378272,
  ts_ns: 1795508100378272000,
  schema: 'public',
  table: 'visits',
  txId: 770,
  lsn: 26484776,
  xmin: null,
}
const row = {
  visit_id: 1,
  patient_id: 2,
  doctor_id: 3,
  visit_date: '2026-02-28Z',
  diagnosis: 'I10 Essential hypertension',
  total_cost: '99999999.99',
}

function record(change: Record<string, unknown> = {}, rest: Partial<KafkaRecord> = {}): KafkaRecord {
  const envelope = {
    before: null,
    after: row,
    source,
    transaction: null,
    op: 'c',
    ts_ms: 1795508100413,
    ...change,
  }
  return {
    topic: 'postgres-source.public.visits',
    partition: 0,
    offset: 41,
    key: Buffer.from('{"visit_id":1}'),
    value: Buffer.from(JSON.stringify(envelope)),
    ...rest,
  }
}

function raw(text: string, rest: Partial<KafkaRecord> = {}): KafkaRecord {
  return record({}, { value: Buffer.from(text), ...rest })
}

function failure(bad: KafkaRecord): PipelineError {
  try {
    decodeChange(bad)
  } catch (error) {
    assert.ok(error instanceof PipelineError, String(error))
    return error
  }
  return assert.fail('it was decoded')
}

describe('a change as Debezium sends it', () => {
  test('is decoded into the change record, values in their one form', () => {
    assert.deepEqual(decodeChange(record()), {
      table: 'visits',
      op: 'c',
      key: { visit_id: 1 },
      row: { ...row, visit_date: '2026-02-28' },
      sequence: formatSequence(26484648n, 26484776n, 1),
      txId: 770,
      committedAt: '2026-11-24T08:15:00.378Z',
      capturedAt: '2026-11-24T08:15:00.413Z',
      topic: 'postgres-source.public.visits',
      partition: 0,
      offset: 41,
    })
  })

  test('a delete has no row', () => {
    const change = decodeChange(record({ op: 'd', before: row, after: null }))
    assert.equal(change?.row, null)
    assert.deepEqual(change?.key, { visit_id: 1 })
  })

  test('invariant 6: a truncate has neither key nor row', () => {
    const change = decodeChange(record({ op: 't', after: null }, { key: null }))
    assert.deepEqual([change?.op, change?.key, change?.row], ['t', null, null])
  })

  test('invariant 6: of one place in the WAL the delete of the old key sorts before the insert of the new', () => {
    const gone = decodeChange(record({ op: 'd', after: null }))!
    const come = decodeChange(record())!
    assert.ok(gone.sequence < come.sequence)
  })

  test('a Kafka tombstone is nothing', () => {
    assert.equal(decodeChange(record({}, { value: null })), null)
  })
})

describe('invariant 3: the order of changes', () => {
  const sequenceOf = (op: string, sequence: string): string =>
    decodeChange(record({ op, source: { ...source, sequence } }))!.sequence

  test('a snapshot row stands before every change after the snapshot, and after every change in it', () => {
    const before = sequenceOf('u', '["900","950"]')
    const snapshot = sequenceOf('r', '[null,"1000"]')
    const firstAfter = sequenceOf('u', '[null,"1000"]')
    const later = sequenceOf('u', '["1040","1040"]')
    assert.deepEqual([later, firstAfter, snapshot, before].sort(), [before, snapshot, firstAfter, later])
  })

  test('of two transactions at once the one that committed first comes first, wherever its changes stand', () => {
    const long = sequenceOf('u', '["2000","1100"]')
    const short = sequenceOf('u', '["1900","1500"]')
    assert.ok(short < long)
  })
})

describe('invariant 4: no digit is lost', () => {
  const decodeRow = (text: string): string => {
    const envelope = `{"before":null,"after":${text},"source":${JSON.stringify(source)},"op":"c","ts_ms":1}`
    return JSON.stringify(
      decodeChange(raw(envelope, { key: Buffer.from('{"visit_id":9223372036854775807}') })),
    )
  }

  test('a bigint beyond 2^53 keeps all its digits in row and key', () => {
    const json = decodeRow('{"visit_id":9223372036854775807,"patient_id":-9007199254740993}')
    assert.match(json, /"key":\{"visit_id":9223372036854775807\}/)
    assert.match(json, /"row":\{"visit_id":9223372036854775807,"patient_id":-9007199254740993\}/)
  })

  test('long digits inside a text stay a text', () => {
    const json = decodeRow('{"visit_id":1,"diagnosis":"12345678901234567890, \\"source\\":{"}')
    assert.match(json, /"diagnosis":"12345678901234567890, \\"source\\":\{"/)
  })

  test('a column that the catalog does not know passes as it is (invariant 7)', () => {
    const json = decodeRow('{"visit_id":1,"ward":"B2","beds":12345678901234567890,"ratio":0.1}')
    assert.match(json, /"ward":"B2","beds":12345678901234567890,"ratio":0.1/)
  })
})

describe('invariant 5: nothing is guessed', () => {
  const code = (bad: KafkaRecord): string => failure(bad).code

  test('what is not a change event is unreadable', () => {
    const unreadable = [
      raw('not json'),
      raw(''),
      raw('[]'),
      raw('null'),
      raw('{"op":"c"}'),
      record({ op: 'x' }),
      record({ op: 'm' }),
      record({ op: 'u', after: null }),
      record({ after: 'text' }),
      record({ source: { ...source, sequence: '[]' } }),
      record({ source: { ...source, sequence: null } }),
      record({ source: { ...source, ts_ms: 'yesterday' } }),
      record({}, { key: null }),
      record({}, { key: Buffer.from('{}') }),
      record({}, { key: Buffer.from('{"visit_id":1,"other":2}') }),
      record({}, { topic: 'postgres-source.public.doctors' }),
      raw('x', { value: Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]) }),
    ]
    assert.deepEqual(
      unreadable.map(code),
      unreadable.map(() => 'RECORD_UNREADABLE'),
    )
  })

  test('a table that the catalog does not name', () => {
    assert.equal(code(record({ source: { ...source, table: 'wards' } })), 'RECORD_UNKNOWN_TABLE')
  })

  test('a value that its type does not allow is never null, 0 or rounded', () => {
    const bad = [
      { total_cost: 12.5 },
      { total_cost: 'NAN' },
      { total_cost: '1.234' },
      { total_cost: '123456789.00' },
      { total_cost: 'AQ==' },
      { visit_date: 19000 },
      { visit_date: '-5877611-06-21Z' },
      { visit_date: '28.02.2026' },
      { diagnosis: 7 },
      { patient_id: '2' },
      { patient_id: 1.5 },
    ]
    for (const each of bad) {
      assert.equal(code(record({ after: { ...row, ...each } })), 'RECORD_BAD_VALUE', JSON.stringify(each))
    }
  })

  test('an unchanged-TOAST placeholder never passes, in a known column or a new one', () => {
    for (const each of [
      { diagnosis: '__debezium_unavailable_value' },
      { notes: ['__debezium_unavailable_value'] },
    ]) {
      assert.equal(code(record({ op: 'u', after: { ...row, ...each } })), 'RECORD_TOAST_PLACEHOLDER')
    }
  })

  test('invariant 8: an error names the place and no value', () => {
    const secret = 'Anna Musterfrau'
    const { message, context } = failure(record({ after: { ...row, total_cost: secret } }))
    assert.deepEqual(
      { topic: context.topic, partition: context.partition, offset: context.offset, column: context.column },
      { topic: 'postgres-source.public.visits', partition: 0, offset: 41, column: 'total_cost' },
    )
    assert.doesNotMatch(message, /Anna/)
  })
})
