import assert from 'node:assert/strict'
import { test } from 'node:test'
import { insert, type Operation, rekey, remove, update } from '@pipeline/hospital/simulator/operation.ts'
import { asTemporary, isTemporary } from '@pipeline/hospital/simulator/people.ts'
import type { PatientRow } from '@pipeline/hospital/simulator/state.ts'
import type { ClientBase } from 'pg'
import { eventClock, toEvent } from './events.ts'
import { Moves, type Plan } from './moves.ts'

const patient = (id: number): PatientRow => ({
  patient_id: id,
  full_name: 'x',
  date_of_birth: null,
  gender: null,
  blood_type: null,
  contact_info: null,
  insurance_id: null,
})
const visit = (id: number, of: number) => ({ visit_id: id, patient_id: of, doctor_id: 1 })
const short = ({ sql, events }: Plan) => [
  sql.map(({ op, table }) => `${op} ${table}`),
  events.map(({ op, table, rowKey }) => `${op} ${table} ${rowKey}`),
]

/** A database that says which moves are held back, and remembers what it was asked. */
function answering(held: number[]): { client: ClientBase; asked: unknown[] } {
  const asked: unknown[] = []
  const query = async (_: string, [json]: [string]) => {
    asked.push(...JSON.parse(json))
    return { rows: held.map((move) => ({ move })) }
  }
  return { client: { query } as unknown as ClientBase, asked }
}

test('times never repeat and never go back, whatever the clock does', () => {
  const clock = [1000, 1000, 900, 1001]
  const now = eventClock(() => clock.shift()!)
  assert.deepEqual(
    [now(), now(), now(), now()],
    [
      '1970-01-01T00:00:01.000000Z',
      '1970-01-01T00:00:01.000001Z',
      '1970-01-01T00:00:01.000002Z',
      '1970-01-01T00:00:01.001000Z',
    ],
  )
})

test('events of a row have the same key; a delete has no payload', () => {
  const made = toEvent(insert('visits', visit(5, 1)), '2026-01-01T00:00:00.000000Z')
  const gone = toEvent(remove('visits', { visit_id: 5 }), '2026-01-01T00:00:00.000001Z')
  assert.deepEqual(
    [made.topic, made.rowKey, gone.topic, gone.rowKey],
    ['topic_visits', '5', 'topic_visits', '5'],
  )
  const { eventId, ...rest } = JSON.parse(gone.value) as Record<string, unknown>
  assert.match(String(eventId), /^[0-9a-f-]{36}$/)
  assert.deepEqual(rest, {
    op: 'delete',
    eventTime: '2026-01-01T00:00:00.000001Z',
    key: { visit_id: 5 },
    payload: null,
  })
})

test('dimensions go by SQL and facts as events', () => {
  const moves = new Moves(eventClock())
  const operations = [
    insert('patients', patient(1)),
    insert('visits', visit(1, 1)),
    update('visits', visit(1, 1)),
  ]
  assert.deepEqual(short(moves.take(operations)), [
    ['insert patients'],
    ['insert visits 1', 'update visits 1'],
  ])
})

test('a change of a key, and what names the new key, is held back until the events of the old one are there', async () => {
  const moves = new Moves(eventClock())
  const temporary = asTemporary(patient(1))
  assert.ok(isTemporary(temporary))
  const first: Operation[] = [insert('patients', temporary), insert('visits', visit(1, 1))]
  moves.take(first)
  const second = moves.take([
    rekey('patients', temporary, patient(9)),
    insert('visits', visit(2, 9)),
    insert('visits', visit(3, 4)),
    update('patients', patient(9)),
    remove('visits', { visit_id: 1 }),
  ])
  assert.deepEqual(short(second), [[], ['insert visits 3', 'delete visits 1']])
  const held = answering([0])
  assert.deepEqual(short(await moves.ready(held.client)), [[], []])
  assert.deepEqual(
    held.asked.map((each) => (each as { key: string }).key),
    ['1'],
  )
  assert.equal(moves.waiting, 1)
  const free = await moves.ready(answering([]).client)
  assert.deepEqual(short(free), [['rekey patients', 'update patients'], ['insert visits 2']])
  assert.ok(
    free.events[0]!.eventTime < second.events[0]!.eventTime,
    'an event keeps the time at which it arose',
  )
  assert.equal(moves.waiting, 0)
})
