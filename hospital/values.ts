import type { ColumnType } from './catalog.ts'
import type { Value } from './change.ts'
import { isRawInteger } from './exact-json.ts'

const DATE = /^(\d{4}-\d{2}-\d{2})Z?$/
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?Z$/
const DECIMAL = /^-?\d+(?:\.(\d+))?$/

/**
 * A value of a column in the one form in which it travels, or undefined when the type does not allow it:
 * date `YYYY-MM-DD`, timestamp `YYYY-MM-DDTHH:MM:SS.ffffffZ`, numeric a string with exactly the type's scale.
 */
export function canonical(type: ColumnType, value: Value): Value | undefined {
  switch (type.kind) {
    case 'text':
      return typeof value === 'string' ? value : undefined
    case 'bigint':
      return Number.isSafeInteger(value) || isRawInteger(value) ? value : undefined
    case 'integer':
      return Number.isSafeInteger(value) && (value as number) >= -(2 ** 31) && (value as number) < 2 ** 31
        ? value
        : undefined
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'numeric':
      return typeof value === 'string' ? decimal(value, type.precision, type.scale) : undefined
    case 'date':
      return typeof value === 'string' ? DATE.exec(value)?.[1] : undefined
    case 'timestamp':
      return typeof value === 'string' ? timestamp(value) : undefined
    case 'json':
      return Array.isArray(value) || isJsonText(value) ? value : undefined
  }
}

/** Debezium sends json and jsonb as their text. */
function isJsonText(value: Value): boolean {
  if (typeof value !== 'string') return false
  try {
    JSON.parse(value)
    return true
  } catch {
    return false
  }
}

function decimal(text: string, precision: number, scale: number): string | undefined {
  const match = DECIMAL.exec(text)
  if (!match) return undefined
  const fraction = match[1] ?? ''
  const whole = text.split('.', 1)[0]!
  if (fraction.length > scale || whole.replace(/^-?0*/, '').length > precision - scale) return undefined
  return scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, '0')}`
}

function timestamp(text: string): string | undefined {
  const match = TIMESTAMP.exec(text)
  return match ? `${match[1]}.${(match[2] ?? '').padEnd(6, '0')}Z` : undefined
}

const YEAR_1 = Date.parse('0001-01-01T00:00:00.000Z')
const YEAR_10000 = Date.parse('+010000-01-01T00:00:00.000Z')

/** Turns milliseconds since the epoch into ISO 8601; undefined for what is no time of a year of four digits. Times
 * come in runs, so the last one is remembered. */
export function instantReader(): (ms: unknown) => string | undefined {
  let lastMs = Number.NaN
  let lastText = ''
  return (ms) => {
    if (ms === lastMs) return lastText
    if (!Number.isSafeInteger(ms) || (ms as number) < YEAR_1 || (ms as number) >= YEAR_10000) return undefined
    lastMs = ms as number
    lastText = new Date(lastMs).toISOString()
    return lastText
  }
}
