const group = new Intl.NumberFormat('en-US')
const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 })

export const count = (value: number): string => group.format(value)
/** An exact amount with separators; its digits stay as they came. */
export function money(amount: string | null): string {
  if (amount === null) return '–'
  const [, sign, whole, cents] = /^(-?)(\d+)\.(\d\d)$/.exec(amount) ?? ['', '', '0', '00']
  return `${sign}${whole!.replace(/\B(?=(\d{3})+$)/g, ',')}.${cents}`
}
/** A number for an axis: `1.2M`. */
export const short = (value: number): string => compact.format(value)
export const share = (part: number, whole: number): string =>
  whole === 0 ? '0%' : `${((part / whole) * 100).toFixed(1)}%`

/** `2026-03` as `Mar 2026`. */
export function month(text: string): string {
  const [year, index] = text.split('-').map(Number)
  const names = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
  return `${names[(index ?? 1) - 1]} ${year}`
}

/** The time of day of an instant in UTC, with milliseconds where asked. */
export function time(iso: string, exact = false): string {
  return iso.slice(11, exact ? 23 : 19)
}
