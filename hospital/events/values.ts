import { z } from 'zod'
import type { Column } from '../catalog.ts'
import { isRawInteger } from '../exact-json.ts'

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/
const INSTANT = /^(\d{4}-\d{2}-\d{2})T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.(\d{1,6}))?Z$/
const BIGINT_END = 2n ** 63n

/** Whether a text is a day that the calendar has, years 0001 to 9999. */
export function isDate(text: string): boolean {
  const match = DATE.exec(text)
  if (!match) return false
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (year < 1 || month < 1 || month > 12 || day < 1) return false
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return day <= [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!
}

/** An instant in UTC with microseconds, `YYYY-MM-DDTHH:MM:SS.ffffffZ`; undefined for what is none. */
export function toInstant(text: string): string | undefined {
  const match = INSTANT.exec(text)
  if (!match || !isDate(match[1]!)) return undefined
  return `${text.slice(0, 19)}.${(match[2] ?? '').padEnd(6, '0')}Z`
}

function isBigint(value: unknown): boolean {
  if (Number.isSafeInteger(value)) return true
  if (!isRawInteger(value)) return false
  const exact = BigInt(JSON.stringify(value))
  return exact >= -BIGINT_END && exact < BIGINT_END
}

/** A text that PostgreSQL can hold: no NUL, no half of a character. */
export function isStorable(value: unknown): boolean {
  return typeof value === 'string' && !value.includes('\0') && value.isWellFormed()
}

/** UTC, ISO 8601 with up to six decimals of a second; comes out with exactly six. */
export const instantSchema = z
  .string({ error: 'expected a UTC timestamp such as 2026-02-28T13:05:00.123456Z' })
  .transform((text, context) => {
    const instant = toInstant(text)
    if (instant !== undefined) return instant
    context.addIssue({
      code: 'custom',
      message: 'expected a UTC timestamp such as 2026-02-28T13:05:00.123456Z',
    })
    return z.NEVER
  })

function decimalSchema(precision: number, scale: number) {
  const whole = precision - scale
  const pattern = new RegExp(
    `^-?(?:0|[1-9]\\d{0,${whole - 1}})${scale > 0 ? `(?:\\.\\d{1,${scale}})?` : ''}$`,
  )
  const error = `expected a decimal text of at most ${whole} digits before and ${scale} after the point`
  return z
    .string({ error })
    .regex(pattern, { error })
    .transform((text) => {
      if (scale === 0) return text
      const [integer, fraction = ''] = text.split('.')
      return `${integer}.${fraction.padEnd(scale, '0')}`
    })
}

function typeSchema({ type, oneOf }: Column): z.ZodType {
  switch (type.kind) {
    case 'bigint':
      return z.custom(isBigint, { error: 'expected a whole number of 64 bits' })
    case 'integer':
      return z.int32({ error: 'expected a whole number of 32 bits' })
    case 'boolean':
      return z.boolean({ error: 'expected true or false' })
    case 'numeric':
      return decimalSchema(type.precision, type.scale)
    case 'timestamp':
      return instantSchema
    case 'json':
      return z.json({ error: 'expected JSON' })
    case 'date': {
      const error = 'expected a day of the calendar as YYYY-MM-DD'
      return z.string({ error }).refine(isDate, { error })
    }
    case 'text':
      if (oneOf)
        return z.enum(oneOf as [string, ...string[]], { error: `expected one of ${oneOf.join(', ')}` })
      return z.custom(isStorable, { error: 'expected a text without NUL and without half characters' })
  }
}

/** What a column takes from an event: its type's one form, and null where the column may be null. */
export function columnSchema(column: Column): z.ZodType {
  const schema = typeSchema(column)
  return column.nullable ? schema.nullable() : schema
}
