import { type Column, changeTopic, findTable, type Table } from './catalog.ts'
import type { ChangeRecord, Op, Row, Value } from './change.ts'
import { type Envelope, readEnvelope } from './envelope.ts'
import { PipelineError } from './errors.ts'
import { parseExact } from './exact-json.ts'
import { formatSequence } from './sequence.ts'
import { canonical, instantReader } from './values.ts'

/** A Kafka record as the relay reads it. `offset` is safe up to 2^53. */
export interface KafkaRecord {
  topic: string
  partition: number
  offset: number
  key: Buffer | null
  value: Buffer | null
  /** When Kafka got it, in milliseconds since the epoch, as Kafka's clients give it. */
  timestamp?: string
}

const OPS = new Set<string>(['r', 'c', 'u', 'd', 't'])
const HALF_CHARACTER = /(?:^|[^\\])(?:\\\\)*\\ud[89a-f]/
const TOAST_PLACEHOLDER = '__debezium_unavailable_value'
const TOAST_PLACEHOLDER_BASE64 = Buffer.from(TOAST_PLACEHOLDER).toString('base64')

/**
 * Decodes a record of a change topic: Debezium's envelope as JSON without schemas.
 * Returns null for a Kafka tombstone. Throws RECORD_UNREADABLE, RECORD_UNKNOWN_TABLE, RECORD_BAD_VALUE or
 * RECORD_TOAST_PLACEHOLDER, each with topic, partition and offset, never with a value.
 * Source: debezium.io, PostgreSQL connector, "Data change events".
 */
export function decodeChange(record: KafkaRecord): ChangeRecord | null {
  if (record.value === null) return null
  const where = { topic: record.topic, partition: record.partition, offset: record.offset }
  const unreadable = (why: string): PipelineError => new PipelineError('RECORD_UNREADABLE', { ...where, why })

  const envelope = readEnvelope(record.value)
  if ('wrong' in envelope) throw unreadable(envelope.wrong)
  const { op, after, txId } = envelope
  if (typeof op !== 'string' || !OPS.has(op)) throw unreadable('no operation that we know')
  if (typeof envelope.table !== 'string') throw unreadable('no table in its source')
  const table = findTable(envelope.table)
  if (!table) throw new PipelineError('RECORD_UNKNOWN_TABLE', { ...where, table: envelope.table })
  if (record.topic !== changeTopic(table.name)) throw unreadable('topic and table do not fit')
  if (txId !== null && !isTransactionId(txId)) throw unreadable('no transaction id')

  const needsRow = op !== 'd' && op !== 't'
  if (needsRow && !isObject(after)) throw unreadable('no row after the change')
  const row = needsRow ? decodeRow(after as Row, table, where) : null
  if (record.value.includes('\\u') && HALF_CHARACTER.test(JSON.stringify(row))) {
    throw unreadable('half of a character in a text')
  }
  return {
    table: table.name,
    op: op as Op,
    key: op === 't' ? null : decodeKey(record.key, table, where, unreadable),
    row,
    sequence: decodeSequence(op as Op, envelope, unreadable),
    txId: op === 'r' ? null : txId,
    committedAt: instant(committed(envelope.committedMs), unreadable),
    capturedAt: instant(captured(envelope.capturedMs), unreadable),
    ...where,
  }
}

function isTransactionId(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffffffff
}

function isObject(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parse(bytes: Buffer, part: string, unreadable: (why: string) => PipelineError): Row {
  let parsed: unknown
  try {
    parsed = parseExact(bytes)
  } catch {
    throw unreadable(`the ${part} is not JSON in UTF-8`)
  }
  if (!isObject(parsed)) throw unreadable(`the ${part} is not a JSON object`)
  return parsed
}

function decodeKey(
  bytes: Buffer | null,
  table: Table,
  where: { topic: string; partition: number; offset: number },
  unreadable: (why: string) => PipelineError,
): Row {
  if (bytes === null) throw unreadable('no key')
  const parsed = parse(bytes, 'key', unreadable)
  const key: Row = {}
  for (const name of table.key) {
    const value = parsed[name]
    if (value === undefined || value === null) throw unreadable(`no ${name} in the key`)
    key[name] = decodeColumn(table, name, value, where)
  }
  if (Object.keys(parsed).length !== table.key.length)
    throw unreadable('the key has other columns than the catalog')
  return key
}

function decodeRow(
  after: Row,
  table: Table,
  where: { topic: string; partition: number; offset: number },
): Row {
  for (const name in after) {
    const value = after[name]!
    if (value === null) continue
    if (isPlaceholder(value)) {
      throw new PipelineError('RECORD_TOAST_PLACEHOLDER', { ...where, table: table.name, column: name })
    }
    after[name] = decodeColumn(table, name, value, where)
  }
  return after
}

function isPlaceholder(value: Value): boolean {
  if (Array.isArray(value)) return value.length === 1 && isPlaceholder(value[0]!)
  return value === TOAST_PLACEHOLDER || value === TOAST_PLACEHOLDER_BASE64
}

const columnsOf = new WeakMap<Table, Map<string, Column>>()

function decodeColumn(
  table: Table,
  name: string,
  value: Value,
  where: { topic: string; partition: number; offset: number },
): Value {
  let columns = columnsOf.get(table)
  if (!columns) {
    columns = new Map(table.columns.map((column) => [column.name, column]))
    columnsOf.set(table, columns)
  }
  const column = columns.get(name)
  if (!column) return value
  const exact = canonical(column.type, value)
  if (exact === undefined) {
    throw new PipelineError('RECORD_BAD_VALUE', {
      ...where,
      table: table.name,
      column: name,
      expected: column.type.kind,
    })
  }
  return exact
}

/**
 * A snapshot row stands at its snapshot's LSN, before every change that the snapshot did not see and after
 * every change that it did: so a second snapshot is in order too. docs/decisions/0003.
 */
function decodeSequence(
  op: Op,
  { commitLsn, lsn }: Envelope,
  unreadable: (why: string) => PipelineError,
): string {
  try {
    if (op === 'r' && commitLsn === null) return formatSequence(BigInt(lsn), 0n, 0)
    // A delete and an insert that make up one change of a key share their LSN.
    const ordinal = op === 'd' || op === 't' ? 0 : 1
    return formatSequence(BigInt(commitLsn ?? lsn), BigInt(lsn), ordinal)
  } catch {
    throw unreadable('an LSN is out of range')
  }
}

const committed = instantReader()
const captured = instantReader()

function instant(text: string | undefined, unreadable: (why: string) => PipelineError): string {
  if (text === undefined) throw unreadable('no time')
  return text
}
