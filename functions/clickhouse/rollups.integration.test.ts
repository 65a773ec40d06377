import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { catalog } from '@pipeline/hospital/catalog.ts'
import type { ChangeRecord, Row } from '@pipeline/hospital/change.ts'
import { formatSequence } from '@pipeline/hospital/sequence.ts'
import { batchOf } from '../testing/batches.ts'
import { type LocalClickHouse, startClickHouse } from '../testing/clickhouse.ts'
import { newSink, type Sinking } from '../testing/sinking.ts'
import { encodeRow } from './row.ts'
import { ensureSchema } from './schema.ts'

let engine: LocalClickHouse
before(async () => {
  engine = await startClickHouse()
})
after(() => engine.stop())

function seeded(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const at = '2024-03-05T10:20:30.123Z'
const DIAGNOSES = ['J45 Asthma', 'I10 Hypertension', 'E11 Diabetes', null]

/** A random history of one table: creates, updates, deletes, keys that come back, now and then a truncate. */
function randomHistory(random: (below: number) => number, table: string, length: number): ChangeRecord[] {
  const key = `${table.replace(/s$/, '')}_id`
  return Array.from({ length }, (_, offset) => {
    const id = random(12)
    const kind = random(20)
    const op = kind === 0 ? 't' : kind < 5 ? 'd' : kind < 12 ? 'c' : 'u'
    const row: Row = { [key]: id, diagnosis: DIAGNOSES[random(4)]!, medicine_id: random(3) }
    return {
      table,
      op,
      key: op === 't' ? null : { [key]: id },
      row: op === 't' || op === 'd' ? null : row,
      sequence: formatSequence(BigInt(Math.floor(offset / 3)), BigInt(offset), 0),
      txId: 1,
      committedAt: at,
      capturedAt: at,
      topic: `postgres-source.public.${table}`,
      partition: 0,
      offset,
    }
  })
}

/** Counts by a column over the rows that a set of changes leaves, worked out from the first to the last change. */
function countsOf(changes: readonly ChangeRecord[], column: string): [string, number][] {
  const rows = new Map<string, Row>()
  for (const { op, key, row } of [...changes].sort((a, b) => (a.sequence < b.sequence ? -1 : 1))) {
    if (op === 't') rows.clear()
    else if (op === 'd') rows.delete(JSON.stringify(key))
    else rows.set(JSON.stringify(key), row!)
  }
  const counts = new Map<string, number>()
  for (const row of rows.values()) {
    const value = row[column]
    if (value !== null) counts.set(String(value), (counts.get(String(value)) ?? 0) + 1)
  }
  return [...counts].sort()
}

async function shown(
  sink: Sinking,
  view: string,
  group: string,
  counted: string,
): Promise<[string, number][]> {
  const rows = await sink.rows<{ g: string; n: number }>(
    `SELECT toString(${group}) AS g, toInt32(${counted}) AS n FROM @.${view}`,
  )
  return rows.map(({ g, n }): [string, number] => [g, n]).sort()
}

const CASES = [
  { table: 'visits', view: 'top_diagnoses', group: 'diagnosis', counted: 'visits' },
  { table: 'prescriptions', view: 'prescription_counts', group: 'medicine_id', counted: 'prescriptions' },
]

for (const { table, view, group, counted } of CASES) {
  test(`invariants 2 and 3: ${view} is right after every message of random histories, repeated and out of order`, async () => {
    for (let seed = 1; seed <= 4; seed++) {
      const random = seeded(seed)
      const history = randomHistory(random, table, 120)
      const sink = await newSink(engine)
      try {
        const arrived = new Set<ChangeRecord>()
        for (let message = 0; message < 14; message++) {
          const first = random(history.length)
          const part = history.slice(first, first + 1 + random(40))
          assert.equal(await sink.send(batchOf(part)), 204)
          for (const change of part) arrived.add(change)
          assert.deepEqual(
            await shown(sink, view, group, counted),
            countsOf([...arrived], group),
            `seed ${seed}, message ${message}`,
          )
        }
        assert.equal(await sink.send(batchOf(history)), 204)
        await sink.clickhouse.command(`OPTIMIZE TABLE ${sink.clickhouse.database}.${table} FINAL`)
        assert.deepEqual(await shown(sink, view, group, counted), countsOf(history, group), `seed ${seed}`)
      } finally {
        await sink.stop()
      }
    }
  })
}

test('prescription counts carry the name of the medicine, and null for one that is not there', async () => {
  const sink = await newSink(engine)
  try {
    const history = randomHistory(seeded(9), 'prescriptions', 60)
    const medicine = {
      ...history[0]!,
      table: 'medicines',
      topic: 'postgres-source.public.medicines',
      op: 'c' as const,
      key: { medicine_id: 1 },
      row: { medicine_id: 1, name: 'Amoxicillin 500 mg', category: null, manufacturer: null, price: '1.25' },
    }
    for (const batch of [batchOf(history), batchOf([medicine])]) assert.equal(await sink.send(batch), 204)
    const rows = await sink.rows<{ medicine_id: number; name: string | null }>(
      'SELECT toInt32(medicine_id) AS medicine_id, name FROM @.prescription_counts ORDER BY medicine_id',
    )
    assert.ok(rows.length > 1)
    for (const { medicine_id, name } of rows) {
      assert.equal(name, medicine_id === 1 ? 'Amoxicillin 500 mg' : null)
    }
  } finally {
    await sink.stop()
  }
})

test('invariant 7: a column that the catalog gains shows what had come before, and a rollup is filled from old rows', async () => {
  const visits = catalog.find(({ name }) => name === 'visits')!
  const without = {
    ...visits,
    columns: visits.columns.filter(({ name }) => !['diagnosis', 'total_cost'].includes(name)),
  }
  const clickhouse = engine.newDatabase()
  await ensureSchema(clickhouse, [without])
  const line = JSON.stringify({
    ...randomHistory(seeded(1), 'visits', 1)[0]!,
    op: 'c',
    key: { visit_id: 1 },
    row: { visit_id: 1, visit_date: '2024-03-05', diagnosis: 'J45 "Asthma"', total_cost: '1234567.80' },
  })
  const change = { op: 'c' as const, keyed: true, txId: 1, offset: 0, sequence: formatSequence(1n, 1n, 0) }
  const encoded = encodeRow(without, { ...change, committedAt: at, capturedAt: at }, line)
  assert.ok(typeof encoded === 'string')
  const columns = [
    ...without.columns.map(({ name }) => name),
    '_other',
    '_committed_at',
    '_version',
    '_is_deleted',
  ]
  await clickhouse.insert('visits', columns, [encoded])
  await ensureSchema(clickhouse, catalog)
  await ensureSchema(clickhouse, catalog, true)
  assert.deepEqual(
    await clickhouse.rows(
      `SELECT diagnosis, toDecimalString(total_cost, 2) AS cost FROM ${clickhouse.database}.visits_current`,
    ),
    [{ diagnosis: 'J45 "Asthma"', cost: '1234567.80' }],
  )
  assert.deepEqual(
    await clickhouse.rows(`SELECT diagnosis, toInt32(visits) AS n FROM ${clickhouse.database}.top_diagnoses`),
    [{ diagnosis: 'J45 "Asthma"', n: 1 }],
  )
})
