import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { catalog } from '@pipeline/hospital/catalog.ts'
import type { ChangeRecord } from '@pipeline/hospital/change.ts'
import { formatSequence } from '@pipeline/hospital/sequence.ts'
import { type ClickHouse, openClickHouse } from '../clickhouse/client.ts'
import { changeStore } from '../clickhouse/store.ts'
import type { Lake } from '../lake/port.ts'
import { pushFunction } from '../push.ts'
import { type Batch, batchOf, pushBody, visitChange, visitChanges } from '../testing/batches.ts'
import { type LocalClickHouse, startClickHouse } from '../testing/clickhouse.ts'
import { type LogBook, logBook, type Outbox, outbox, type Served, serve } from '../testing/serving.ts'
import { clickHouseSink } from './sink.ts'

let engine: LocalClickHouse
let clickhouse: ClickHouse
let deadLetters: Outbox
let log: LogBook
let server: Served
const servers: Served[] = []
const lake: Pick<Lake, 'head' | 'open'> = { head: async () => undefined, open: async () => undefined }

async function serveOn(on: ClickHouse): Promise<Served> {
  const store = changeStore({ clickhouse: on, catalog, everyMs: 20, most: 50_000 })
  const handle = clickHouseSink({ name: 'clickhouse-sink', store, lake, deadLetters, log })
  const served = await serve(pushFunction({ name: 'clickhouse-sink', handle, deadLetters, log }))
  servers.push(served)
  return served
}

before(async () => {
  engine = await startClickHouse()
})
beforeEach(async () => {
  clickhouse = engine.newDatabase()
  deadLetters = outbox()
  log = logBook()
  server = await serveOn(clickhouse)
})
after(async () => {
  await Promise.all(servers.map((each) => each.stop()))
  await engine.stop()
})

const send = async ({ data, attributes }: Pick<Batch, 'data' | 'attributes'>) =>
  (await server.post(pushBody(data, attributes))).status
const current = (columns: string, table = 'visits') =>
  clickhouse.rows<Record<string, unknown>>(
    `SELECT ${columns} FROM ${clickhouse.database}.${table}_current ORDER BY ALL`,
  )
const ledger = () =>
  clickhouse.rows<{ first: number; last: number; changes: number; refused: number }>(
    `SELECT toInt32(first_offset) AS first, toInt32(last_offset) AS last, changes, refused
     FROM ${clickhouse.database}.change_batches FINAL ORDER BY ALL`,
  )
const of = (id: number, offset: number, given: Partial<ChangeRecord>): ChangeRecord =>
  visitChange(offset, { key: { visit_id: id }, ...given })
const row = (id: number, given: Record<string, unknown> = {}) =>
  ({
    visit_id: id,
    patient_id: 7,
    doctor_id: 3,
    visit_date: '2024-03-05',
    diagnosis: 'J45 Asthma',
    total_cost: '120.50',
    ...given,
  }) as ChangeRecord['row']

/** Visits created, updated, deleted, given another key, truncated away and created again. */
const history: ChangeRecord[] = [
  of(1, 0, { row: row(1) }),
  of(2, 1, { row: row(2) }),
  of(3, 2, { row: row(3) }),
  of(1, 3, { op: 'u', row: row(1, { total_cost: '99999999.99' }) }),
  of(2, 4, { op: 'd', row: null }),
  visitChange(5, { op: 't', key: null, row: null }),
  of(3, 6, { row: row(3, { diagnosis: 'again' }) }),
  of(3, 7, { op: 'd', row: null }),
  of(4, 8, { row: row(4, { diagnosis: 'moved' }) }),
  of(5, 9, { row: row(5) }),
  of(5, 10, { op: 'u', row: row(5, { diagnosis: null, total_cost: null }) }),
]

const FINAL = [
  { id: '4', diagnosis: 'moved', cost: '120.50' },
  { id: '5', diagnosis: null, cost: null },
]
const shown = 'toString(visit_id) AS id, diagnosis, toDecimalString(total_cost, 2) AS cost'

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
    clickhouse = engine.newDatabase()
    server = await serveOn(clickhouse)
    for (const [first, last] of cut) {
      assert.equal(await send(batchOf(history.slice(first, last + 1))), 204, JSON.stringify(cut))
    }
    assert.deepEqual(await current(shown), FINAL, JSON.stringify(cut))
    assert.equal(deadLetters.messages.length, 0)
  }
})

test('invariant 2: the same message at once and later, and many together, are stored once', async () => {
  const batches = [
    batchOf(visitChanges(0, 999)),
    batchOf(visitChanges(500, 1499)),
    batchOf(visitChanges(1500, 1500)),
  ]
  const statuses = await Promise.all([...batches, ...batches, ...batches].map(send))
  assert.deepEqual([...new Set(statuses)], [204])
  assert.equal(await send(batches[0]!), 204)
  assert.deepEqual(await current('count() AS n'), [{ n: 1501 }])
  assert.deepEqual(await ledger(), [
    { first: 0, last: 999, changes: 1000, refused: 0 },
    { first: 500, last: 1499, changes: 1000, refused: 0 },
    { first: 1500, last: 1500, changes: 1, refused: 0 },
  ])
  const [{ parts }] = (await clickhouse.rows<{ parts: number }>(
    `SELECT uniqExact(_part) AS parts FROM ${clickhouse.database}.visits`,
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
  assert.equal(await send(batchOf(changes)), 204)
  const rows = await clickhouse.rows<Record<string, unknown>>(
    `SELECT toString(visit_id) AS id, toString(patient_id) AS patient, diagnosis, toDecimalString(total_cost, 2) AS cost,
       visit_date AS date, toString(visit_date_as_date) AS typed FROM ${clickhouse.database}.visits_current ORDER BY visit_id`,
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
  assert.equal(await send(batchOf(prescriptions)), 204)
  const stored = await clickhouse.rows<{ exact: string; typed: string | null }>(
    `SELECT prescribed_at AS exact, toString(prescribed_at_as_time) AS typed
     FROM ${clickhouse.database}.prescriptions_current ORDER BY prescription_id`,
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
  assert.equal(await send(batch), 204)
  const [found] = await clickhouse.rows<Record<string, unknown>>(
    `SELECT diagnosis, JSONExtractString(_other, 'ward') AS ward, JSONExtractRaw(_other, 'beds') AS beds,
       JSONExtractRaw(_other, 'ratio') AS ratio, JSONExtractRaw(_other, 'none') AS none FROM ${clickhouse.database}.visits_current`,
  )
  assert.deepEqual(found, {
    diagnosis: null,
    ward: strange,
    beds: '12345678901234567890',
    ratio: '1.5',
    none: 'null',
  })
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
  assert.equal(await send(batch), 204)
  assert.deepEqual(await current('count() AS n'), [{ n: 21 - bad.length }])
  assert.deepEqual(await ledger(), [{ first: 0, last: 20, changes: 21, refused: bad.length }])
  assert.equal(deadLetters.messages.length, bad.length)
  for (const [offset, { attributes, data }] of deadLetters.messages.entries()) {
    assert.equal(attributes.deadLetterCode, 'RECORD_BAD_VALUE')
    assert.equal(attributes.deadLetterOffset, String(offset))
    assert.match(attributes.deadLetterReason!, new RegExp(`column=${Object.keys(bad[offset]!)[0]}`))
    assert.equal(attributes.format, 'ndjson.gz')
    assert.deepEqual(gunzipSync(data).toString(), `${JSON.stringify(changes[offset])}\n`)
  }
  const told = log.text() + JSON.stringify(deadLetters.messages.map(({ attributes }) => attributes))
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
    deadLetters.messages = []
    assert.equal(await send(batch), 204)
    assert.equal(deadLetters.messages[0]?.attributes.deadLetterCode, code)
  }
  assert.equal(await send(good), 204)
  assert.deepEqual(await ledger(), [{ first: 0, last: 3, changes: 4, refused: 0 }])
})

test('invariant 1: with no dead-letter topic a batch with a bad row comes again and is in no ledger', async () => {
  deadLetters.failure = new Error('away')
  const batch = batchOf([visitChange(0, { row: row(0, { total_cost: 'NaN' }) })])
  assert.equal(await send(batch), 500)
  assert.deepEqual(await ledger().catch(() => []), [])
  deadLetters.failure = undefined
  assert.equal(await send(batch), 204)
  assert.deepEqual(await ledger(), [{ first: 0, last: 0, changes: 1, refused: 1 }])
})

test('invariant 1: killed between rows and ledger, or down, ClickHouse makes messages come again and nothing is lost', async () => {
  const batch = batchOf(history)
  assert.equal(await send(batchOf(visitChanges(100, 101, { sequence: formatSequence(0n, 0n, 0) }))), 204)
  const crashing: ClickHouse = {
    ...clickhouse,
    insert: async (table, ...rest) => {
      if (table === 'change_batches') await engine.kill()
      await clickhouse.insert(table, ...rest)
    },
  }
  const served = await serveOn(crashing)
  assert.equal((await served.post(pushBody(batch.data, batch.attributes))).status, 503)
  assert.equal(await send(batch), 503)
  assert.equal(deadLetters.messages.length, 0)
  await engine.start()
  assert.deepEqual(await current(shown), FINAL)
  assert.deepEqual(
    (await ledger()).map(({ first }) => first),
    [100],
  )
  assert.equal(await send(batch), 204)
  assert.deepEqual(await current(shown), FINAL)
  assert.deepEqual(
    (await ledger()).map(({ first }) => first),
    [0, 100],
  )
})

test('a schema that somebody dropped is made again, and a wrong password is an error without a value', async () => {
  assert.equal(await send(batchOf(visitChanges(0, 3))), 204)
  await clickhouse.command(`DROP DATABASE ${clickhouse.database}`)
  assert.equal(await send(batchOf(visitChanges(4, 5))), 503)
  assert.equal(await send(batchOf(visitChanges(4, 5))), 204)
  assert.deepEqual(await current('count() AS n'), [{ n: 2 }])
  const nowhere = openClickHouse({ url: 'http://127.0.0.1:9', username: 'default', database: 'none' })
  const served = await serveOn(nowhere)
  const { data, attributes } = batchOf([visitChange(1, { row: row(1, { diagnosis: 'Erika' }) })])
  const response = await served.post(pushBody(data, attributes))
  assert.equal(response.status, 503)
  assert.match(await response.text(), /CLICKHOUSE_UNAVAILABLE/)
  assert.doesNotMatch(log.text(), /Erika/)
  await nowhere.close()
})
