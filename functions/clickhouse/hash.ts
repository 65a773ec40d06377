import { type Column, findTable } from '@pipeline/hospital/catalog.ts'
import type { SourceColumn } from '../reconcile/columns.ts'
import { literal, OTHER, quoted } from './names.ts'

/** SQL for the one text of a catalog's column, as PostgreSQL's side of the comparison writes it. */
function typedText({ name, type }: Column): string {
  const column = quoted(name)
  switch (type.kind) {
    case 'numeric':
      return `toDecimalString(${column}, ${type.scale})`
    case 'text':
    case 'date':
    case 'timestamp':
    case 'json':
      return column
    default:
      return `toString(${column})`
  }
}

/** SQL for the text of a column that the catalog does not name, out of `_other`. */
function otherText({ name, type }: SourceColumn): string {
  const path = `${OTHER}, ${literal(name)}`
  const raw = `JSONExtractRaw(${path})`
  const text = `multiIf(${raw} IN ('', 'null'), NULL, startsWith(${raw}, '"'), JSONExtractString(${path}), ${raw})`
  switch (type) {
    case 'numeric':
      return `replaceRegexpOne(${text}, '^NAN$', 'NaN')`
    case 'date':
      return `replaceRegexpOne(${text}, 'Z$', '')`
    case 'timestamp':
    case 'timestamptz':
      // Debezium writes as many digits of a second as there are.
      return `concat(replaceRegexpOne(${text}, '([.][0-9]+)?Z$', ''), '.', rightPad(extract(coalesce(${text}, ''), '[.]([0-9]+)Z$'), 6, '0'), 'Z')`
    default:
      return text
  }
}

/** Sixty bits of an MD5 over all values with their lengths, as `postgresHash` makes it, as decimal text. */
export function clickhouseHash(table: string, columns: readonly SourceColumn[]): string {
  const known = new Map(findTable(table)?.columns.map((column) => [column.name, column]))
  const parts = columns.map((column) => {
    const stored = known.get(column.name)
    const text = stored ? typedText(stored) : otherText(column)
    return `coalesce(concat(toString(length(${text})), ':', ${text}), '~')`
  })
  const md5 = `MD5(concat(${[...parts, "''"].join(', ')}))`
  return `toString(bitShiftRight(reinterpretAsUInt64(reverse(substring(${md5}, 1, 8))), 4))`
}

/** The key as one text, as `rowKey` in the hospital room makes it. */
export function clickhouseRowKey(table: string): string {
  const key = findTable(table)!.key
  if (key.length === 1) return `toString(${quoted(key[0]!)})`
  return `concat('[', arrayStringConcat([${key.map((name) => `toJSONString(${quoted(name)})`).join(', ')}], ','), ']')`
}
