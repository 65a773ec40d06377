import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keptReport, reportName } from './keep.ts'
import type { ReconcileReport, StoreReport } from './report.ts'

const store = (status: StoreReport['status']): StoreReport => ({
  store: 'lake',
  status,
  rows: 2,
  behindBy: 0,
  differingKeys: 1,
  keys: ['4711'],
  notes: ['a note'],
})
const report: ReconcileReport = {
  status: 'different',
  lsn: '0/1',
  at: '2026-01-02T03:04:05.678Z',
  captureBehindBytes: 0,
  deadLetters: 3,
  tables: [
    { table: 'visits', rows: 2, notCompared: [], stores: [store('equal'), store('behind')] },
    { table: 'doctors', rows: 1, notCompared: [], stores: [store('different'), store('behind')] },
  ],
  notes: [],
  seconds: 1.5,
}

test('names of reports are in the order of their times', () => {
  const times = ['2025-12-31T23:59:59.999Z', '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.001Z']
  const names = times.map(reportName)
  assert.deepEqual([...names].sort(), names)
  assert.equal(names[0], 'reports/reconcile/date=20251231/20251231T235959.999Z.json')
})

test('invariant 8: a report is kept with the worst state of each table, and without a key', () => {
  const kept = keptReport(report, new Date('2026-01-02T03:05:00Z'))
  assert.deepEqual(kept.tables, [
    { table: 'visits', rows: 2, status: 'behind' },
    { table: 'doctors', rows: 1, status: 'different' },
  ])
  assert.equal(kept.finishedAt, '2026-01-02T03:05:00.000Z')
  assert.ok(!JSON.stringify(kept).includes('4711'))
})
