import assert from 'node:assert/strict'
import test from 'node:test'
import { MemoryDatabase } from './memory-database.ts'
import { parseCents } from './money.ts'
import type { SqlRow } from './operation.ts'
import { createSimulator } from './simulator.ts'

const NEXT: Record<string, readonly string[]> = { Pending: ['Paid', 'Unpaid'], Unpaid: ['Paid'], Paid: [] }

function billsByVisit(database: MemoryDatabase): Map<unknown, SqlRow[]> {
  return Map.groupBy(database.rows('billing_payments').values(), (bill) => bill.visit_id)
}

function checkBills(database: MemoryDatabase): { split: number } {
  let split = 0
  for (const [visitId, bills] of billsByVisit(database)) {
    const visit = database.row('visits', visitId)
    const cents = bills.map((bill) => parseCents(bill.total_amount as string))
    assert.equal(
      cents.reduce((sum, part) => sum + part, 0),
      parseCents(visit.total_cost as string),
    )
    for (const bill of bills) {
      assert.equal(bill.patient_id, visit.patient_id)
      assert.ok(bill.billing_date! >= visit.visit_date!)
    }
    if (bills.length === 2) split += 1
  }
  return { split }
}

test('operations replay in order with every reference kept and every bill its visit', () => {
  const database = new MemoryDatabase()
  const simulator = createSimulator({ seed: 21, startDate: '2025-01-01', operations: 60_000 })
  for (const operation of simulator.seedHospital()) database.apply(operation)
  const seen = { total: 0, rekeyedWithVisits: 0, corrected: 0, latePaid: 0 }
  let step = 0
  while (seen.total < 60_000) {
    for (const operation of simulator.step(50)) {
      seen.total += 1
      if (operation.op === 'update' && operation.table === 'billing_payments') {
        const before = database.row('billing_payments', operation.key.billing_id)
        const from = before.payment_status as string
        const to = operation.row.payment_status as string
        if (from !== to) assert.ok(NEXT[from]!.includes(to), `${from} to ${to}`)
        if (from === 'Unpaid' && to === 'Paid') seen.latePaid += 1
        if (before.total_amount !== operation.row.total_amount) seen.corrected += 1
      }
      if (operation.op === 'insert' && operation.table === 'billing_payments') {
        assert.equal(operation.row.payment_status, 'Pending')
      }
      database.apply(operation)
      if (operation.op === 'rekey') {
        const visits = [...database.rows('visits').values()]
        if (visits.some((visit) => visit.patient_id === operation.key.patient_id)) seen.rekeyedWithVisits += 1
      }
    }
    if (step++ % 100 === 0) checkBills(database)
  }
  const { split } = checkBills(database)
  assert.ok(split > 50, `${split} split bills`)
  assert.ok(seen.rekeyedWithVisits > 10, `${seen.rekeyedWithVisits} rekeyed patients with visits`)
  assert.ok(seen.corrected > 100, `${seen.corrected} corrected bills`)
  assert.ok(seen.latePaid > 50, `${seen.latePaid} paid after all`)
})

test("children have their visit's patient, also after a rekey", () => {
  const database = new MemoryDatabase()
  const simulator = createSimulator({ seed: 5, startDate: '2025-01-01', operations: 30_000 })
  for (const operation of simulator.seedHospital()) database.apply(operation)
  for (const operation of simulator.step(30_000)) database.apply(operation)
  let several = 0
  for (const prescription of database.rows('prescriptions').values()) {
    const visit = database.row('visits', prescription.visit_id)
    assert.equal(prescription.patient_id, visit.patient_id)
    assert.equal(prescription.doctor_id, visit.doctor_id)
    assert.ok((prescription.prescribed_at as string).slice(0, 10) >= (visit.visit_date as string))
  }
  const byVisit = Map.groupBy(database.rows('prescriptions').values(), (row) => row.visit_id)
  for (const prescriptions of byVisit.values()) {
    if (prescriptions.length > 1) several += 1
    assert.equal(new Set(prescriptions.map((row) => row.medicine_id)).size, prescriptions.length)
  }
  assert.ok(several > 100)
  assert.ok(byVisit.size < database.rows('visits').size * 0.9, 'some visits have none')
})
