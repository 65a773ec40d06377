import type { Column, Table } from '@pipeline/hospital/catalog.ts'
import type { Row, Value } from '@pipeline/hospital/change.ts'
import { parseExactText } from '@pipeline/hospital/exact-json.ts'
import { canonical } from '@pipeline/hospital/values.ts'
import type { CheckedChange } from '../batch/check.ts'
import { memberTexts } from '../batch/slices.ts'
import { COMMITTED_AT, IS_DELETED, OTHER, VERSION } from './names.ts'
import { encodeVersion } from './version.ts'

/** The columns of `encodeRow`'s arrays, in order. */
export function insertColumns(table: Table): string[] {
  return [...table.columns.map(({ name }) => name), OTHER, COMMITTED_AT, VERSION, IS_DELETED]
}

/** A change that a table of ClickHouse can't hold exactly. */
export interface Refusal {
  column: string
  expected: string
}

const MIN_BIGINT = -(2n ** 63n)
const MAX_BIGINT = 2n ** 63n - 1n

function jsonOf({ type }: Column, value: Value): string | undefined {
  const exact = canonical(type, value)
  if (exact === undefined) return undefined
  const text = JSON.stringify(exact)
  // An array is kept as its text, as json is.
  if (type.kind === 'json' && typeof exact !== 'string') return JSON.stringify(text)
  if (type.kind !== 'bigint' || Number.isSafeInteger(exact)) return text
  const whole = BigInt(text)
  return whole >= MIN_BIGINT && whole <= MAX_BIGINT ? text : undefined
}

/** What of a row the catalog does not name, each value to the letter as it came; empty for none. */
function otherColumns(table: Table, row: Row, rowText: string): string {
  const known = new Set(table.columns.map(({ name }) => name))
  const others = Object.keys(row).filter((name) => !known.has(name))
  if (others.length === 0) return ''
  const texts = memberTexts(rowText)
  return `{${others.map((name) => `${JSON.stringify(name)}:${texts.get(name)}`).join(',')}}`
}

/** ClickHouse's form of an instant that is ISO 8601 in UTC. */
function instant(iso: string): string {
  const fraction = /\.(\d{1,3})/.exec(iso)?.[1] ?? ''
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)}.${fraction.padEnd(3, '0')}`
}

/**
 * A checked change of a row as one line of JSONCompactEachRow, or the column whose value its type does not allow.
 * `line` is the change's own text. A delete keeps its key alone.
 */
export function encodeRow(table: Table, change: CheckedChange, line: string): string | Refusal {
  const texts = change.texts ?? memberTexts(line)
  const keyText = texts instanceof Map ? texts.get('key')! : texts.key
  const rowText = change.op === 'd' ? null : texts instanceof Map ? texts.get('row')! : texts.row
  const key = parseExactText(keyText) as Row
  const row = rowText === null ? null : (parseExactText(rowText) as Row)
  const parts: string[] = []
  for (const column of table.columns) {
    const { name, type } = column
    const isKey = table.key.includes(name)
    const value = (isKey ? key[name] : row?.[name]) ?? null
    const text = value === null ? (isKey ? undefined : 'null') : jsonOf(column, value)
    if (text === undefined) return { column: name, expected: type.kind }
    if (isKey && row !== null && row[name] !== undefined && jsonOf(column, row[name]) !== text) {
      return { column: name, expected: 'the key' }
    }
    parts.push(text)
  }
  const other = row === null ? '' : otherColumns(table, row, rowText!)
  parts.push(JSON.stringify(other), `"${instant(change.committedAt)}"`)
  parts.push(`"${encodeVersion(change.sequence)}"`, row === null ? '1' : '0')
  return `[${parts.join(',')}]`
}

/** A truncate as a line of JSONCompactEachRow for `TRUNCATE_COLUMNS`. */
export function encodeTruncate(table: Table, change: CheckedChange): string {
  return `[${JSON.stringify(table.name)},"${encodeVersion(change.sequence)}","${instant(change.committedAt)}"]`
}

export const TRUNCATE_COLUMNS = ['table_name', 'version', 'committed_at']
