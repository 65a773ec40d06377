import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { hospitalBoard } from '@pipeline/dashboard/grafana/hospital.ts'
import type { Query } from '@pipeline/dashboard/grafana/panels.ts'
import { pipelineBoard } from '@pipeline/dashboard/grafana/pipeline.ts'
import { type ClickHouse, openClickHouse } from '@pipeline/functions/clickhouse/client.ts'
import { batchOf } from '@pipeline/functions/testing/batches.ts'
import { type LocalClickHouse, startClickHouse } from '@pipeline/functions/testing/clickhouse.ts'
import { newSink, type Sinking } from '@pipeline/functions/testing/sinking.ts'
import { type Choice, expand } from './expand.ts'
import { knownChanges } from './known-hospital.ts'

let engine: LocalClickHouse
let sink: Sinking
let clickhouse: ClickHouse

before(async () => {
  engine = await startClickHouse()
  clickhouse = openClickHouse({ url: engine.url, username: 'default', database: 'hospital' })
  sink = await newSink(engine, { clickhouse })
  for (const changes of knownChanges()) assert.equal(await sink.send(batchOf(changes)), 204)
})
after(async () => {
  await sink.stop()
  await clickhouse.close()
  await engine.stop()
})

const all: Choice = {
  from: '2024-01-01T00:00:00Z',
  to: '2024-12-31T23:59:59Z',
  variables: { department: ['Cardiology', 'Neurology'], doctor: ["Ada O'Neil", 'Bo Lind'] },
}
const neurology: Choice = { ...all, variables: { ...all.variables, department: ['Neurology'] } }

/** A panel's rows as texts, the columns in their order. */
async function shown(title: string, choice: Choice): Promise<string[][]> {
  const panel = hospitalBoard.panels.find((each) => each.title === title)
  const query = panel?.queries[0]
  assert.ok(query?.store === 'clickhouse', title)
  const rows = await clickhouse.rows<Record<string, unknown>>(expand(query.sql, choice))
  return rows.map((row) => Object.values(row).map(String))
}

/** Titles with what they show for everything of 2024, and for Neurology alone. */
const expected: Record<string, [all: string[][], neurology: string[][]]> = {
  Visits: [[['4']], [['2']]],
  Revenue: [[['350.35']], [['50.05']]],
  Outstanding: [[['250.25']], [['50.05']]],
  Patients: [[['3']], [['2']]],
  'Revenue by month': [
    [
      ['2024-01', '100.1'],
      ['2024-02', '200.2'],
      ['2024-03', '50.05'],
    ],
    [
      ['2024-02', '0'],
      ['2024-03', '50.05'],
    ],
  ],
  'Visits and average cost by month': [
    [
      ['2024-01', '1', '100.1'],
      ['2024-02', '2', '200.2'],
      ['2024-03', '1', '50.05'],
    ],
    [
      ['2024-02', '1', 'null'],
      ['2024-03', '1', '50.05'],
    ],
  ],
  'Revenue by doctor': [
    [
      ["Ada O'Neil", '300.3'],
      ['Bo Lind', '50.05'],
    ],
    [['Bo Lind', '50.05']],
  ],
  'Top doctors by visits': [
    [
      ["Ada O'Neil", '2'],
      ['Bo Lind', '2'],
    ],
    [['Bo Lind', '2']],
  ],
  'Top Diagnoses': [
    [
      ['I10 Hypertension', '2'],
      ['G43 Migraine', '1'],
    ],
    [['G43 Migraine', '1']],
  ],
  'Most Prescribed Medicines': [
    [
      ['Aspirin 100 mg', '2'],
      ['Bisoprolol 5 mg', '1'],
    ],
    [],
  ],
  'Payment status': [
    [
      ['Paid', '100.1'],
      ['Pending', '200.2'],
      ['Unpaid', '50.05'],
    ],
    [['Unpaid', '50.05']],
  ],
  'Patient ages': [
    [
      ['30-39', '1'],
      ['90+', '1'],
      ['Unknown', '1'],
    ],
    [
      ['30-39', '1'],
      ['Unknown', '1'],
    ],
  ],
  Specializations: [
    [
      ['Cardiology', '2'],
      ['Neurology', '2'],
    ],
    [['Neurology', '2']],
  ],
}

test('each panel of the hospital board shows the rows that count, after an update and a delete', async () => {
  for (const [title, [everything, some]] of Object.entries(expected)) {
    assert.deepEqual(await shown(title, all), everything, title)
    assert.deepEqual(await shown(title, neurology), some, `${title}, Neurology`)
  }
})

test('panels over all time, and the newest change of each table', async () => {
  assert.deepEqual(await shown('Diagnoses of all time', neurology), [
    ['I10 Hypertension', '3'],
    ['G43 Migraine', '1'],
  ])
  assert.deepEqual(await shown('Medicines of all time', neurology), [
    ['Aspirin 100 mg', '2'],
    ['Bisoprolol 5 mg', '2'],
  ])
  const newest = await shown('Newest change, by table', all)
  assert.deepEqual(newest.map(([table, rows]) => `${table} ${rows}`).sort(), [
    'billing_payments 4',
    'doctors 2',
    'medicines 2',
    'patients 3',
    'prescriptions 4',
    'visits 5',
  ])
  assert.ok(newest.every(([, , at]) => at === '2024-03-05 10:20:30.123'))
})

test('no panel is left out, and every query of both boards runs on the engine', async () => {
  const tested = [
    ...Object.keys(expected),
    'Diagnoses of all time',
    'Medicines of all time',
    'Newest change, by table',
  ]
  assert.deepEqual(hospitalBoard.panels.map(({ title }) => title).sort(), tested.sort())
  const queries = [...hospitalBoard.panels, ...pipelineBoard.panels]
    .flatMap((panel): readonly Query[] => panel.queries)
    .flatMap((query) => (query.store === 'clickhouse' ? [query.sql] : []))
  assert.ok(queries.length > tested.length)
  for (const sql of queries) await clickhouse.rows(expand(sql, all))
})

test('the batches of a minute are those of the ledger', async () => {
  const query = pipelineBoard.panels
    .flatMap(({ queries }) => queries)
    .find(({ store }) => store === 'clickhouse')
  assert.ok(query?.store === 'clickhouse')
  const now = {
    ...all,
    from: new Date(Date.now() - 3_600_000).toISOString(),
    to: new Date(Date.now() + 60_000).toISOString(),
  }
  const rows = await clickhouse.rows<{ batches: string; changes: string }>(expand(query.sql, now))
  const sum = (name: 'batches' | 'changes'): number =>
    rows.reduce((total, row) => total + Number(row[name]), 0)
  assert.deepEqual([sum('batches'), sum('changes')], [6, knownChanges().flat().length])
})

test('lists to choose from hold departments and the doctors of those chosen', async () => {
  const list = async (name: string, choice: Choice): Promise<string[]> => {
    const { sql } = hospitalBoard.variables.find((each) => each.name === name)!
    const rows = await clickhouse.rows<Record<string, string>>(expand(sql, choice))
    return rows.map((row) => Object.values(row)[0]!)
  }
  assert.deepEqual(await list('department', all), ['Cardiology', 'Neurology'])
  assert.deepEqual(await list('doctor', all), ["Ada O'Neil", 'Bo Lind'])
  assert.deepEqual(await list('doctor', neurology), ['Bo Lind'])
})
