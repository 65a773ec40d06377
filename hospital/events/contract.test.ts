import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findTable } from '../catalog.ts'
import { PipelineError } from '../errors.ts'
import { parseExactText } from '../exact-json.ts'
import { readEvent } from './contract.ts'
import { eventTopics, tableOfTopic } from './topics.ts'

const NOW = Date.parse('2026-03-02T00:00:00Z')
const visits = findTable('visits')!
const bills = findTable('billing_payments')!
const prescriptions = findTable('prescriptions')!

const payload = {
  visit_id: 7,
  patient_id: 1,
  doctor_id: 2,
  visit_date: '2024-02-29',
  diagnosis: 'J45 Asthma',
  total_cost: '120.5',
}
const event = {
  eventId: 'a',
  op: 'upsert',
  eventTime: '2026-03-01T10:00:00.123Z',
  key: { visit_id: 7 },
  payload,
}
const bill = {
  billing_id: 3,
  patient_id: 1,
  visit_id: 7,
  billing_date: '2026-03-01',
  total_amount: '0.10',
  payment_status: 'Paid',
}

function reasonOf(table: typeof visits, value: unknown): string {
  try {
    readEvent(table, value, NOW)
  } catch (error) {
    assert.ok(error instanceof PipelineError)
    assert.equal(error.code, 'EVENT_INVALID')
    assert.equal(error.context.table, table.name)
    return String(error.context.why)
  }
  return 'none'
}

test('the three topics of the hospital lead to their tables', () => {
  assert.deepEqual(
    eventTopics.map((topic) => [topic, tableOfTopic(topic)!.name]),
    [
      ['topic_visits', 'visits'],
      ['topic_prescriptions', 'prescriptions'],
      ['topic_billing', 'billing_payments'],
    ],
  )
})

test('a good event comes out in its one form', () => {
  assert.deepEqual(readEvent(visits, event, NOW), {
    table: 'visits',
    eventId: 'a',
    op: 'upsert',
    eventTime: '2026-03-01T10:00:00.123000Z',
    key: { visit_id: 7 },
    rowKey: '7',
    payload: { ...payload, total_cost: '120.50' },
  })
  const gone = { ...event, op: 'delete', payload: null }
  assert.equal(readEvent(visits, gone, NOW).payload, null)
  assert.equal(
    readEvent(visits, { ...event, payload: { ...payload, total_cost: null } }, NOW).payload!.total_cost,
    null,
  )
})

test('integers of 64 bits keep every digit', () => {
  const text = JSON.stringify(event).replaceAll('"visit_id":7', '"visit_id":9223372036854775807')
  const read = readEvent(visits, parseExactText(text), NOW)
  assert.equal(read.rowKey, '9223372036854775807')
  assert.match(JSON.stringify(read.payload), /"visit_id":9223372036854775807,/)
  const beyond = text.replaceAll('775807', '775808')
  assert.match(reasonOf(visits, parseExactText(beyond)), /key\.visit_id: expected a whole number/)
})

test('invariant 5: whatever breaks the contract is refused with the name of its field', () => {
  const without = (name: string) =>
    Object.fromEntries(Object.entries(payload).filter(([each]) => each !== name))
  const cases: [string, unknown][] = [
    ['payload.visit_date', { ...event, payload: { ...payload, visit_date: '2026-02-30' } }],
    ['payload.visit_date', { ...event, payload: { ...payload, visit_date: '2025-02-29' } }],
    ['payload.visit_date', { ...event, payload: { ...payload, visit_date: '1900-02-29' } }],
    ['payload.visit_date', { ...event, payload: { ...payload, visit_date: '0000-01-01' } }],
    ['payload.visit_date', { ...event, payload: { ...payload, visit_date: '2026-03-01T00:00:00Z' } }],
    ['payload.visit_date', { ...event, payload: { ...payload, visit_date: null } }],
    ['payload.total_cost', { ...event, payload: { ...payload, total_cost: 120.5 } }],
    ['payload.total_cost', { ...event, payload: { ...payload, total_cost: '1.005' } }],
    ['payload.total_cost', { ...event, payload: { ...payload, total_cost: '100000000.00' } }],
    ['payload.total_cost', { ...event, payload: { ...payload, total_cost: '1e3' } }],
    ['payload.total_cost', { ...event, payload: { ...payload, total_cost: 'NaN' } }],
    ['payload.total_cost', { ...event, payload: { ...payload, total_cost: '' } }],
    ['payload.patient_id', { ...event, payload: { ...payload, patient_id: '1' } }],
    ['payload.patient_id', { ...event, payload: { ...payload, patient_id: 1.5 } }],
    ['payload.diagnosis', { ...event, payload: { ...payload, diagnosis: 'a\0b' } }],
    ['payload.diagnosis', { ...event, payload: { ...payload, diagnosis: '\ud800' } }],
    ['payload.diagnosis', { ...event, payload: without('diagnosis') }],
    ['payload.notes', { ...event, payload: { ...payload, notes: 'x' } }],
    ['source', { ...event, source: 'x' }],
    ['payload', { ...event, payload: null }],
    ['payload', { ...event, op: 'delete' }],
    ['op', { ...event, op: 'merge' }],
    ['eventTime', { ...event, eventTime: '2026-03-01T10:00:00+01:00' }],
    ['eventTime', { ...event, eventTime: '2026-03-01T24:00:00Z' }],
    ['eventTime', { ...event, eventTime: '2026-02-29T10:00:00Z' }],
    ['eventTime', { ...event, eventTime: 1772359200 }],
    ['eventTime', { ...event, eventTime: '2026-03-03T00:00:01Z' }],
    ['eventId', { ...event, eventId: '' }],
    ['key', { ...event, key: { visit_id: 8 } }],
    ['key.visit_id', { ...event, key: {} }],
    ['the event', []],
    ['the event', null],
  ]
  for (const [field, value] of cases) {
    const reason = reasonOf(visits, value)
    assert.ok(reason.startsWith(`${field}: `), `${field}: ${reason}`)
  }
  const status = { ...event, key: { billing_id: 3 }, payload: { ...bill, payment_status: 'Perhaps' } }
  assert.equal(reasonOf(bills, status), 'payload.payment_status: expected one of Pending, Paid, Unpaid')
  assert.match(reasonOf(prescriptions, event), /payload\.prescription_id/)
})

test('invariant 8: no reason holds a value, nor a field name that could be one', () => {
  const secret = 'Erika Mustermann'
  const bad = [
    { ...event, [secret]: 1 },
    { ...event, op: secret },
    { ...event, eventTime: secret },
    { ...event, key: secret },
    { ...event, payload: secret },
    secret,
    ...Object.keys(payload)
      .filter((name) => name !== 'diagnosis')
      .map((name) => ({ ...event, payload: { ...payload, [name]: secret } })),
  ]
  for (const value of bad) {
    const reason = reasonOf(visits, value)
    assert.notEqual(reason, 'none')
    assert.doesNotMatch(reason, /Erika/)
  }
})
