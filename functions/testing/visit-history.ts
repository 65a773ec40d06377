import type { ChangeRecord } from '@pipeline/hospital/change.ts'
import { visitChange } from './batches.ts'

const of = (id: number, offset: number, given: Partial<ChangeRecord>): ChangeRecord =>
  visitChange(offset, { key: { visit_id: id }, ...given })
/** A visit's row. */
export const row = (id: number, given: Record<string, unknown> = {}) =>
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
export const history: ChangeRecord[] = [
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

/** What is current after that, as `shown` shows it. */
export const FINAL = [
  { id: '4', diagnosis: 'moved', cost: '120.50' },
  { id: '5', diagnosis: null, cost: null },
]
export const shown = 'toString(visit_id) AS id, diagnosis, toDecimalString(total_cost, 2) AS cost'
