import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Columns, Kind, RowOf } from './query.ts'

/** An exact decimal with two digits after the point; further digits must be 0. Undefined for what is none. */
export function money(text: string): string | undefined {
  const parts = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text)
  if (!parts) return undefined
  const [, sign, whole, digits = ''] = parts
  if (!/^0*$/.test(digits.slice(2))) return undefined
  return `${sign}${whole}.${digits.slice(0, 2).padEnd(2, '0')}`
}

const cents = (amount: string): bigint => BigInt(amount.replace('.', ''))

/** An amount over a count, to the cent, half away from zero; null where the count is 0. */
export function average(amount: string | null, count: number): string | null {
  if (amount === null || count === 0) return null
  const [all, over] = [cents(amount), BigInt(count)]
  const half = all < 0n ? -over : over
  return fromCents((all * 2n + half) / (over * 2n))
}

/** The sum of amounts, exactly. */
export function total(amounts: readonly (string | null)[]): string {
  return fromCents(amounts.reduce((sum, each) => sum + (each === null ? 0n : cents(each)), 0n))
}

function fromCents(count: bigint): string {
  const text = (count < 0n ? -count : count).toString().padStart(3, '0')
  return `${count < 0n ? '-' : ''}${text.slice(0, -2)}.${text.slice(-2)}`
}

function convert(kind: Kind, value: string | number | boolean | null): unknown {
  switch (kind) {
    case 'text':
      return value === null ? null : String(value)
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'count': {
      const count = value === null ? 0 : Number(value)
      return Number.isSafeInteger(count) ? count : undefined
    }
    case 'money':
      return value === null ? null : money(String(value))
    case 'date': {
      if (value === null) return null
      const day = String(value).slice(0, 10)
      return /^\d{4}-\d\d-\d\d$/.test(day) ? day : undefined
    }
  }
}

/** A store's row in the kinds of a query. Throws REPORTS_UNAVAILABLE that names a column of another kind. */
export function convertRow<C extends Columns>(
  columns: C,
  row: Record<string, string | number | boolean | null | undefined>,
): RowOf<C> {
  const made = Object.entries(columns).map(([name, kind]) => {
    const value = row[name] === undefined ? undefined : convert(kind, row[name])
    if (value === undefined) throw new PipelineError('REPORTS_UNAVAILABLE', { column: name, expected: kind })
    return [name, value]
  })
  return Object.fromEntries(made) as RowOf<C>
}
