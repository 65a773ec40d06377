import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { batchOf, visitChange, visitChanges } from '../testing/batches.ts'
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

test('invariants 2, 3 and 6: whatever order, repetition and cut of the batches, the same rows are current', async () => {
  const cuts = [
    [[0, 10]],
    [
      [6, 10],
      [0, 5],
    ],
    [
      [9, 10],
      [5, 8],
      [5, 5],
      [0, 4],
      [0, 10],
    ],
    history.map((_, index) => [10 - index, 10 - index]),
    [
      [0, 6],
      [4, 8],
      [4, 8],
      [7, 10],
    ],
  ] as [number, number][][]
  for (const cut of cuts) {
    sink = await newOne()
    for (const [first, last] of cut) {
      assert.equal(await sink.send(batchOf(history.slice(first, last + 1))), 204, JSON.stringify(cut))
    }
    assert.deepEqual(await sink.current(shown), FINAL, JSON.stringify(cut))
    assert.equal(sink.deadLetters.messages.length, 0)
  }
})

test('invariant 2: the same message at once and later, and many together, are stored once', async () => {
  const batches = [
    batchOf(visitChanges(0, 999)),
    batchOf(visitChanges(500, 1499)),
    batchOf(visitChanges(1500, 1500)),
  ]
  const statuses = await Promise.all([...batches, ...batches, ...batches].map(sink.send))
  assert.deepEqual([...new Set(statuses)], [204])
  assert.equal(await sink.send(batches[0]!), 204)
  assert.deepEqual(await sink.current('count() AS n'), [{ n: 1501 }])
  assert.deepEqual(await sink.ledger(), [
    { first: 0, last: 999, changes: 1000, refused: 0 },
    { first: 500, last: 1499, changes: 1000, refused: 0 },
    { first: 1500, last: 1500, changes: 1, refused: 0 },
  ])
  const [{ parts }] = (await sink.rows<{ parts: number }>(
    `SELECT uniqExact(_part) AS parts FROM @.visits`,
  )) as [{ parts: number }]
  assert.ok(parts < 10, `${parts} parts: messages that come together go together`)
})

const strange = `O'Brien "Bob" \\ \t\r\n\u2028 Łódź 患者 مريض 👩‍⚕️ {"a":1} $1 ;-- \u0001 \\N`
const large = 'é0'.repeat(400_000)

test('invariant 4: extreme values come through exactly', async () => {
  const raw = (text: string) => JSON.rawJSON(text) as unknown as number
  const visits = [
    row(1, { diagnosis: strange, total_cost: '99999999.99', visit_date: '9999-12-31' }),
    row(2, { diagnosis: large, total_cost: '-99999999.99', visit_date: '1899-12-31' }),
    row(3, { diagnosis: '', total_cost: '0.00', visit_date: '0001-01-01' }),
    row(4, { diagnosis: null, total_cost: null }),
    row(5, { visit_id: raw('9223372036854775807'), patient_id: raw('-9223372036854775808') }),
  ]
  const changes = visits.map((each, offset) =>
    visitChange(offset, { key: { visit_id: each!.visit_id! }, row: each }),
  )
  assert.equal(await sink.send(batchOf(changes)), 204)
  const rows = await sink.rows<Record<string, unknown>>(
    `SELECT toString(visit_id) AS id, toString(patient_id) AS patient, diagnosis, toDecimalString(total_cost, 2) AS cost,
       visit_date AS date, toString(visit_date_as_date) AS typed FROM @.visits_current ORDER BY visit_id`,
  )
  const usual = {
    patient: '7',
    diagnosis: 'J45 Asthma',
    cost: '120.50',
    date: '2024-03-05',
    typed: '2024-03-05',
  }
  assert.deepEqual(rows, [
    { ...usual, id: '1', diagnosis: strange, cost: '99999999.99', date: '9999-12-31', typed: null },
    { ...usual, id: '2', diagnosis: large, cost: '-99999999.99', date: '1899-12-31', typed: null },
    { ...usual, id: '3', diagnosis: '', cost: '0.00', date: '0001-01-01', typed: null },
    { ...usual, id: '4', diagnosis: null, cost: null },
    { ...usual, id: '9223372036854775807', patient: '-9223372036854775808' },
  ])
  const times = ['1969-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z', '2024-02-29T00:00:00.000001Z']
  const prescriptions = times.map((prescribed_at, offset) =>
    visitChange(offset, {
      table: 'prescriptions',
      key: { prescription_id: offset },
      row: {
        prescription_id: offset,
        patient_id: 1,
        doctor_id: 1,
        medicine_id: 1,
        visit_id: 1,
        prescribed_at,
        dosage: null,
        duration: null,
      },
    }),
  )
  assert.equal(await sink.send(batchOf(prescriptions)), 204)
  const stored = await sink.rows<{ exact: string; typed: string | null }>(
    `SELECT prescribed_at AS exact, toString(prescribed_at_as_time) AS typed
     FROM @.prescriptions_current ORDER BY prescription_id`,
  )
  assert.deepEqual(
    stored.map(({ exact }) => exact),
    times,
  )
  assert.deepEqual(
    stored.map(({ typed }) => typed),
    ['1969-12-31 23:59:59.999999', null, '2024-02-29 00:00:00.000001'],
  )
})

test('invariant 7: a column that the catalog does not name is kept to the letter, and a dropped one is null', async () => {
  const { diagnosis: _, ...rest } = row(1)!
  const line = { ...rest, ward: strange, beds: JSON.rawJSON('12345678901234567890'), ratio: 1.5, none: null }
  const batch = batchOf([visitChange(0, { key: { visit_id: 1 }, row: line as never })])
  assert.equal(await sink.send(batch), 204)
  const [found] = await sink.rows<Record<string, unknown>>(
    `SELECT diagnosis, JSONExtractString(_other, 'ward') AS ward, JSONExtractRaw(_other, 'beds') AS beds,
       JSONExtractRaw(_other, 'ratio') AS ratio, JSONExtractRaw(_other, 'none') AS none FROM @.visits_current`,
  )
  assert.deepEqual(found, {
    diagnosis: null,
    ward: strange,
    beds: '12345678901234567890',
    ratio: '1.5',
    none: 'null',
  })
})
