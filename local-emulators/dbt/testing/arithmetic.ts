import type { Row, Value } from '@pipeline/hospital/change.ts'
import { AS_OF, DURATIONS } from './hospital-case.ts'

/** Money as cents, exact. */
export function cents(amount: Value | undefined): bigint {
  const [whole, fraction] = String(amount).split('.')
  return BigInt(`${whole}${fraction}`)
}

export function sum(amounts: readonly (bigint | null)[]): bigint {
  return amounts.reduce<bigint>((total, amount) => total + (amount ?? 0n), 0n)
}

/** A number of units as a decimal with a fixed number of digits. */
export function decimal(units: bigint, digits = 2): string {
  const text = units.toString().padStart(digits + 1, '0')
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** Rounded half up; null for no rows. */
export function ratio(numerator: bigint, denominator: number, digits: number, scale: bigint): string | null {
  if (denominator === 0) return null
  const by = BigInt(denominator)
  return decimal((2n * numerator * scale + by) / (2n * by), digits)
}

/** Whole years on a day, by counting birthdays; null without a date of birth, or before it. */
export function ageOn(born: Value | undefined, on: Value | undefined): number | null {
  if (typeof born !== 'string' || typeof on !== 'string' || on < born) return null
  const [year, month, day] = born.split('-').map(Number) as [number, number, number]
  let age = 0
  // Date.UTC takes 29 February of another year to 1 March.
  while (Date.UTC(year + age + 1, month - 1, day) <= Date.parse(on)) age += 1
  return age
}

export function ageGroup(born: Value | undefined, on: Value | undefined = AS_OF): string {
  const age = ageOn(born, on)
  if (age === null) return 'Unknown'
  if (age < 18) return 'Child'
  if (age <= 40) return 'Adult'
  return age <= 65 ? 'Middle-aged' : 'Senior'
}

export function experienceLevel(years: Value | undefined): string {
  if (typeof years !== 'number') return 'Unknown'
  if (years < 5) return 'Junior'
  return years <= 15 ? 'Experienced' : 'Senior'
}

export function costCategory(cost: bigint | null): string {
  if (cost === null) return 'Unknown'
  if (cost > 50_000n) return 'High-cost'
  return cost > 20_000n ? 'Medium-cost' : 'Low-cost'
}

export function costOf(visit: Row): bigint | null {
  return visit.total_cost === null ? null : cents(visit.total_cost)
}

/** Prices of a medicine in the order of their commits. */
export type Prices = readonly { at: string; price: Value }[]

/** Days times the price of the day, or null when one is not known. */
export function prescriptionCost(prescription: Row, prices: Prices): bigint | null {
  const days = DURATIONS.find(([duration]) => duration === prescription.duration)![1]
  const at = Date.parse(String(prescription.prescribed_at))
  const price = prices.findLast((each) => Date.parse(each.at) <= at) ?? prices[0]
  return days === null || !price ? null : BigInt(days) * cents(price.price)
}

export function daysBetween(earlier: Value | undefined, later: Value | undefined): string | null {
  if (typeof earlier !== 'string' || typeof later !== 'string') return null
  return String((Date.parse(later) - Date.parse(earlier)) / 86_400_000)
}
