import { isUtf8 } from 'node:buffer'

const LONG_NUMBER = /[0-9]{16}/
const LONG_INTEGER = /^-?[0-9]{16,}$/

interface RawJson {
  rawJSON: string
}
declare global {
  interface JSON {
    rawJSON(text: string): RawJson
    isRawJSON(value: unknown): boolean
  }
}

/** Integers beyond 2^53 become raw JSON, which JSON.stringify writes digit for digit. */
function keepDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  const source = context?.source
  return source !== undefined && LONG_INTEGER.test(source) ? JSON.rawJSON(source) : value
}

/** The text of UTF-8 bytes; undefined for bytes that are not UTF-8. */
export function decodeUtf8(bytes: Buffer): string | undefined {
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined
}

/** Parses JSON without losing a digit of an integer; the slow way is taken only where there are many digits. */
export function parseExactText(text: string): unknown {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text)
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown)
}

/** `parseExactText` of bytes. Throws on bytes that are not UTF-8 and on bad JSON. */
export function parseExact(bytes: Buffer): unknown {
  const text = decodeUtf8(bytes)
  if (text === undefined) throw new SyntaxError('not UTF-8')
  return parseExactText(text)
}

/** Whether a parsed value is an integer that is kept as raw JSON. */
export function isRawInteger(value: unknown): boolean {
  return typeof value === 'object' && value !== null && JSON.isRawJSON(value)
}
