import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalog, changeTopic } from '@pipeline/hospital/catalog.ts'
import { decodeChange } from '@pipeline/hospital/debezium.ts'
import { formatSequence } from '@pipeline/hospital/sequence.ts'
import { createGuardMetrics, showSlot } from './metrics.ts'
import { readNotice } from './notification.ts'
import { rereadings } from './row-filter.ts'
import { readGuardSettings } from './settings.ts'
import { type Shape, shapeChanges } from './shape.ts'
import { snapshotSignal } from './signals.ts'
import { truncateRecord } from './truncate-record.ts'

const shape = (columns: [number, string, string][], wholeOldRow = true): Shape => ({
  columns: columns.map(([number, name, type]) => ({ number, name, type })),
  wholeOldRow,
})
const before = shape([
  [1, 'id', 'bigint'],
  [2, 'cost', 'numeric(10,2)'],
])

test('a table whose shape stayed is not read again', () => {
  assert.deepEqual(shapeChanges(before, structuredClone(before)), [])
})

test('invariant 7: a column added, dropped, renamed or retyped is told apart', () => {
  const id: [number, string, string] = [1, 'id', 'bigint']
  const cases: [Shape, string[]][] = [
    [shape([id, [2, 'cost', 'numeric(10,2)'], [3, 'ward', 'text']]), ['added ward']],
    [shape([id]), ['dropped cost']],
    [shape([id, [2, 'price', 'numeric(10,2)']]), ['renamed cost to price']],
    [shape([id, [2, 'cost', 'numeric(12,4)']]), ['cost is numeric(12,4), was numeric(10,2)']],
    // Dropped and added again under its name: the old values are gone.
    [shape([id, [3, 'cost', 'numeric(10,2)']]), ['added cost', 'dropped cost']],
  ]
  for (const [after, changes] of cases) assert.deepEqual(shapeChanges(before, after), changes)
})

test('whole old rows are worth a reading when they come back, not when they go', () => {
  const partial = { ...before, wholeOldRow: false }
  assert.deepEqual(shapeChanges(before, partial), [])
  assert.deepEqual(shapeChanges(partial, before), ['updates carry the whole row again'])
})

test('invariant 3: the truncate after a snapshot stands below its floor and above every earlier change', () => {
  const floor = 0x1951558n
  for (const { name } of catalog) {
    const { value } = truncateRecord(name, floor, new Date('2026-11-24T10:00:00Z'))
    const change = decodeChange({
      topic: changeTopic(name),
      partition: 0,
      offset: 7,
      key: null,
      value: Buffer.from(value),
    })
    assert.equal(change?.op, 't')
    assert.equal(change.table, name)
    assert.equal(change.key, null)
    assert.equal(change.committedAt, '2026-11-24T10:00:00.000Z')
    // LSNs of records are multiples of eight, so the nearest earlier change is eight below.
    assert.ok(
      change.sequence > formatSequence(floor - 8n, floor - 8n, 0xffff),
      'above what was captured before',
    )
    assert.ok(change.sequence < formatSequence(floor, 0n, 0), 'below a snapshot row')
    assert.ok(change.sequence < formatSequence(floor, floor, 0), 'below the first change after it')
  }
})

test('notifications: beginnings and ends of snapshots are read, all else is passed over', () => {
  const notice = (fields: object): Buffer => Buffer.from(JSON.stringify(fields))
  const base = { id: 'a', timestamp: 5, aggregate_type: 'Initial Snapshot' }
  assert.deepEqual(readNotice(notice({ ...base, type: 'STARTED' })), {
    id: 'a',
    kind: 'initial',
    type: 'started',
    at: 5,
  })
  assert.equal(readNotice(notice({ ...base, type: 'COMPLETED' }))?.type, 'completed')
  assert.equal(readNotice(notice({ ...base, type: 'ABORTED' }))?.type, 'ended-early')
  assert.equal(
    readNotice(notice({ ...base, type: 'STARTED', aggregate_type: 'Incremental Snapshot' }))?.kind,
    'incremental',
  )
  assert.equal(readNotice(notice({ ...base, type: 'IN_PROGRESS' })), undefined)
  assert.equal(readNotice(notice({ ...base, type: 'STARTED', aggregate_type: 'Schema Change' })), undefined)
  for (const nonsense of [null, Buffer.from('{'), Buffer.from('null'), notice({ type: 'STARTED' })]) {
    assert.equal(readNotice(nonsense), undefined)
  }
})

test('a signal names the table, and the rows where only some are read', () => {
  assert.deepEqual(JSON.parse(snapshotSignal({ table: 'visits' })), {
    type: 'incremental',
    'data-collections': ['public.visits'],
  })
  assert.deepEqual(
    JSON.parse(snapshotSignal({ table: 'visits', filter: 'visit_id IN (1)' }))['additional-conditions'],
    [{ 'data-collection': 'public.visits', filter: 'visit_id IN (1)' }],
  )
})

test('settings: what is wrong is named without its value', () => {
  const good = { KAFKA_BROKERS: 'a:1,b:2', DATABASE_URL: 'postgresql://u:p@h/d', CONNECT_URL: 'http://h:1' }
  assert.deepEqual(readGuardSettings(good).KAFKA_BROKERS, ['a:1', 'b:2'])
  assert.throws(
    () => readGuardSettings({ ...good, DATABASE_URL: 'mysql://secret' }),
    (error: Error) => /DATABASE_URL/.test(error.message) && !/secret/.test(error.message),
  )
})

test('rows that came without a large column are read again by key, and nothing foreign gets into the statement', () => {
  const topic = changeTopic('visits')
  const record = (key: string, of = topic) => ({ topic: of, key: Buffer.from(key) })
  assert.deepEqual(
    rereadings([
      record('{"visit_id":7}'),
      record('{"visit_id":7}'),
      record('{"visit_id":9007199254740993}'),
      record('{"doctor_id":1}', changeTopic('doctors')),
      record('{"x":1}', 'postgres-source.public.unknown'),
    ]),
    [
      { table: 'doctors', filter: '("doctor_id" = 1)' },
      { table: 'visits', filter: '("visit_id" = 7) OR ("visit_id" = 9007199254740993)' },
    ],
  )
  for (const odd of ['{"visit_id":"1 OR true"}', '{"visit_id":null}', '{}', 'null', '{']) {
    assert.deepEqual(rereadings([record(odd)]), [{ table: 'visits' }], odd)
  }
  const many = Array.from({ length: 501 }, (_, i) => record(`{"visit_id":${i}}`))
  assert.deepEqual(rereadings(many), [{ table: 'visits' }])
})

test('while PostgreSQL does not answer the guard tells nothing of the slot, not what it last saw', async () => {
  const metrics = createGuardMetrics()
  const told = async () =>
    [...(await metrics.registry.metrics()).matchAll(/^(capture_slot_\w+) (\S+)$/gm)].map(
      ([, name, value]) => [name, value],
    )
  const slot = {
    exists: true,
    active: true,
    walStatus: null,
    retainedBytes: 7,
    restartLsn: null,
    confirmedLsn: null,
  }
  const seen = [
    ['capture_slot_exists', '1'],
    ['capture_slot_active', '1'],
    ['capture_slot_retained_bytes', '7'],
  ]
  showSlot(metrics, slot)
  assert.deepEqual(await told(), seen)
  showSlot(metrics, undefined)
  assert.deepEqual(await told(), [])
  showSlot(metrics, slot)
  assert.deepEqual(await told(), seen)
})
