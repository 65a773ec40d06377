const strictUtf8 = new TextDecoder('utf-8', { fatal: true })
const LONG_NUMBER = /[0-9]{16}/
const FRACTION_OR_LONG = /^-?[0-9]{16,}$/

interface RawJson {
  rawJSON: string
}
declare global {
  interface JSON {
    rawJSON(text: string): RawJson
  }
}

/** Integers beyond 2^53 become raw JSON, which JSON.stringify writes digit for digit. */
function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && FRACTION_OR_LONG.test(source) ? JSON.rawJSON(source) : value
}

/**
 * Parses JSON bytes without losing a digit of an integer. Throws on bytes that are not UTF-8 and on bad JSON.
 * The slow way is taken only when the part before Debezium's `source`, which always holds nanoseconds,
 * has a long run of digits.
 */
export function parseExact(bytes: Buffer): unknown {
  const text = strictUtf8.decode(bytes)
  const source = text.lastIndexOf(',"source":{')
  const rows = source === -1 ? text : text.slice(0, source)
  if (!LONG_NUMBER.test(rows)) return JSON.parse(text)
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown)
}

/** Whether a parsed value is an integer that is kept as raw JSON. */
export function isRawInteger(value: unknown): boolean {
  return typeof value === 'object' && value !== null && JSON.isRawJSON(value)
}

declare global {
  interface JSON {
    isRawJSON(value: unknown): boolean
  }
}
