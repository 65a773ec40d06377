import { type Column, changeTopic, findTable, type Table } from './catalog.ts'
import type { ChangeRecord } from './change.ts'
import { decodeChange, type KafkaRecord } from './debezium.ts'
import { readUsualTexts, type UsualTexts } from './envelope.ts'
import { decodeUtf8 } from './exact-json.ts'
import { sequenceOfTexts } from './sequence.ts'
import { instantReader } from './values.ts'

/** A change as its line of NDJSON, with its line end, and what a batch has to know of it. */
export interface ChangeLine {
  line: string
  table: string
  topic: string
  partition: number
  offset: number
  committedAt: string
}

const INTEGER = String.raw`(?:0|-?[1-9]\d{0,14})`
const SMALL = String.raw`(?:0|-?[1-9]\d{0,8})`
/** Without \u, which may be half a character, and without \/, which JSON.stringify would not write. */
const TEXT = String.raw`"[^"\\\x00-\x1f\x7f\u2028\u2029]*(?:\\["\\bfnrt][^"\\\x00-\x1f\x7f\u2028\u2029]*)*"`

/** A pattern of a column's value in its one form, a date's own part captured; undefined where no pattern can tell. */
function valuePattern({ type }: Column): string | undefined {
  switch (type.kind) {
    case 'bigint':
      return `(null|${INTEGER})`
    case 'integer':
      return `(null|${SMALL})`
    case 'boolean':
      return '(null|true|false)'
    case 'text':
      return `(null|${TEXT})`
    case 'numeric':
      return String.raw`(null|"-?\d{1,${type.precision - type.scale}}${type.scale > 0 ? String.raw`\.\d{${type.scale}}` : ''}")`
    case 'json':
      return undefined
    case 'timestamp':
      return String.raw`(null|"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z")`
    case 'date':
      return String.raw`(null|"\d{4}-\d{2}-\d{2}(?=Z"))(?:Z")?`
  }
}

interface Reader {
  table: Table
  row: RegExp
  key: RegExp
  /** What stands before each captured value. */
  names: string[]
  dates: boolean[]
}

function readerOf(table: Table): Reader | undefined {
  const [name] = table.key
  const type = table.columns.find((column) => column.name === name)?.type.kind
  if (table.key.length !== 1 || (type !== 'bigint' && type !== 'integer')) return undefined
  const names = table.columns.map((column, at) => `${at === 0 ? '{' : ','}${JSON.stringify(column.name)}:`)
  const patterns = table.columns.map(valuePattern)
  if (patterns.includes(undefined)) return undefined
  const row = table.columns.map(
    (column, at) => `${at === 0 ? String.raw`\{` : ','}"${column.name}":${patterns[at]}`,
  )
  return {
    table,
    names,
    dates: table.columns.map((column) => column.type.kind === 'date'),
    row: new RegExp(`^${row.join('')}\\}$`),
    key: new RegExp(`^\\{"${name}":${INTEGER}\\}$`),
  }
}

const readers = new Map<string, Reader | undefined>()

function readerFor(topic: string, table: string): Reader | undefined {
  if (!readers.has(topic)) {
    const found = findTable(table)
    readers.set(topic, found && changeTopic(table) === topic ? readerOf(found) : undefined)
  }
  const reader = readers.get(topic)
  return reader?.table.name === table ? reader : undefined
}

const committed = instantReader()
const captured = instantReader()

/** `decodeChange` as a line. The usual changes are turned from text to text, which takes half the time. */
export function decodeLine(record: KafkaRecord): ChangeLine | null {
  if (record.value === null) return null
  const usual = fastLine(record)
  if (usual) return usual
  const change = decodeChange(record)
  return change && lineOf(change)
}

/** A change record as its line. */
export function lineOf(change: ChangeRecord): ChangeLine {
  const { table, topic, partition, offset, committedAt } = change
  return { line: `${JSON.stringify(change)}\n`, table, topic, partition, offset, committedAt }
}

function fastLine({ topic, partition, offset, key, value }: KafkaRecord): ChangeLine | undefined {
  if (key === null) return undefined
  const text = decodeUtf8(value!)
  const texts = text === undefined ? undefined : readUsualTexts(text)
  if (!texts || texts.commitLsn === undefined) return undefined
  const reader = readerFor(topic, texts.table)
  if (!reader) return undefined
  const keyText = key.toString('latin1')
  if (!reader.key.test(keyText)) return undefined
  const row = rowText(reader, texts)
  if (row === undefined) return undefined
  const { op, table, commitLsn, lsn, txId } = texts
  const committedAt = committed(Number(texts.committedMs))
  const capturedAt = captured(Number(texts.capturedMs))
  if (committedAt === undefined || capturedAt === undefined || Number(txId) > 0xffffffff) return undefined
  const sequence = sequenceOfTexts(commitLsn, lsn, op === 'd' ? 0 : 1)
  return {
    line:
      `{"table":"${table}","op":"${op}","key":${keyText},"row":${row},"sequence":"${sequence}",` +
      `"txId":${txId},"committedAt":"${committedAt}","capturedAt":"${capturedAt}",` +
      `"topic":"${topic}","partition":${partition},"offset":${offset}}\n`,
    table,
    topic,
    partition,
    offset,
    committedAt,
  }
}

/** The row in its one form; undefined if it has to be read value by value. */
function rowText(reader: Reader, { op, after }: UsualTexts): string | undefined {
  if (op === 'd') return after === 'null' ? 'null' : undefined
  if (op !== 'c' && op !== 'u') return undefined
  const match = reader.row.exec(after)
  if (!match || after.includes('__debezium_unavailable')) return undefined
  if (!reader.dates.includes(true)) return after
  let row = ''
  for (let at = 0; at < reader.names.length; at++) {
    const value = match[at + 1]!
    row += reader.names[at]! + value
    if (reader.dates[at] && value !== 'null') row += '"'
  }
  return `${row}}`
}
