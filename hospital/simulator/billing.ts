import { added, changed, type House, later } from './house.ts'
import { splitCents } from './money.ts'
import type { Random } from './random.ts'
import { type Bill, billRow, type Visit, visitRow } from './state.ts'

const NEVER_BILLED = 0.02
const BILLED_AT_ONCE = 0.6
const SPLIT = 0.045
const INSURER_SHARES = [50, 60, 70, 80, 90]
const NOT_PAID = 0.14
const PAID_AFTER_ALL = 0.5
const ROUND_PRICE = 0.55
const ROUND_ENDS = [0, 0, 50, 95]

/** Cents a visit costs, within the range of what the patient has. */
export function cost(random: Random, [least, most]: readonly [number, number]): number {
  if (random.chance(ROUND_PRICE)) return random.int(least, most - 1) * 100 + random.pick(ROUND_ENDS)
  return random.int(least * 100, most * 100)
}

/** The cost of a visit becomes known. */
export function price(house: House, visit: Visit): void {
  visit.cents = cost(house.random, visit.diagnosis.cost)
  changed(house, 'visits', visitRow(visit))
  charge(house, visit)
}

/** Bills a visit whose cost is known, now or in some days. */
export function charge(house: House, visit: Visit): void {
  const { random } = house
  if (random.chance(NEVER_BILLED)) return
  if (random.chance(BILLED_AT_ONCE)) bill(house, visit)
  else later(house, visit, random.int(1, 14), () => bill(house, visit))
}

function bill(house: House, visit: Visit): void {
  const { random, ids, clock } = house
  const share = random.pick(INSURER_SHARES)
  const parts = random.chance(SPLIT) ? splitCents(visit.cents!, [share, 100 - share]) : [visit.cents!]
  for (const cents of parts) {
    const one: Bill = { id: ids.next('billing_payments'), date: clock.date, cents, status: 'Pending' }
    visit.bills.push(one)
    added(house, 'billing_payments', billRow(visit, one))
    later(house, visit, random.int(1, 40), () => settle(house, visit, one))
  }
}

function settle(house: House, visit: Visit, one: Bill): void {
  const { random } = house
  one.status = random.chance(NOT_PAID) ? 'Unpaid' : 'Paid'
  changed(house, 'billing_payments', billRow(visit, one))
  if (one.status === 'Paid' || !random.chance(PAID_AFTER_ALL)) return
  later(house, visit, random.int(20, 90), () => {
    one.status = 'Paid'
    changed(house, 'billing_payments', billRow(visit, one))
  })
}

/** The cost was wrong: its bills are corrected with it, so that they still sum to it. */
export function reprice(house: House, visit: Visit): void {
  if (visit.cents === null) return
  const before = visit.cents
  visit.cents = cost(house.random, visit.diagnosis.cost)
  if (visit.cents === before) return
  changed(house, 'visits', visitRow(visit))
  if (visit.bills.length === 0) return
  const parts = splitCents(
    visit.cents,
    visit.bills.map((one) => one.cents),
  )
  visit.bills.forEach((one, at) => {
    one.cents = parts[at]!
    changed(house, 'billing_payments', billRow(visit, one))
  })
}
