/** Whole cents as PostgreSQL takes a numeric with two digits. */
export function formatCents(cents: number): string {
  if (!Number.isSafeInteger(cents) || cents < 0) throw new RangeError('money must be whole cents from 0')
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
}

/** A decimal string with up to two digits after the point as whole cents. */
export function parseCents(text: string): number {
  const match = /^(\d{1,13})(?:\.(\d{1,2}))?$/.exec(text)
  if (!match) throw new RangeError('not an amount of money')
  return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'))
}

/** Cuts an amount in as many parts as there are shares; the last takes what rounding left, so that they sum to it. */
export function splitCents(cents: number, shares: readonly number[]): number[] {
  const whole = shares.reduce((sum, share) => sum + share, 0)
  const parts = shares.slice(0, -1).map((share) => Math.floor((cents * share) / whole))
  return [...parts, cents - parts.reduce((sum, part) => sum + part, 0)]
}
