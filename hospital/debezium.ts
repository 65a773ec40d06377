import { type Column, changeTopic, findTable, type Table } from './catalog.ts'
import type { ChangeRecord, Op, Row, Value } from './change.ts'
import { PipelineError } from './errors.ts'
import { parseExact } from './exact-json.ts'
import { formatSequence } from './sequence.ts'
import { canonical } from './values.ts'

/** A Kafka record as the relay reads it. `offset` is safe up to 2^53. */
export interface KafkaRecord {
  topic: string
  partition: number
  offset: number
  key: Buffer | null
  value: Buffer | null
  /** When Kafka got it, ISO 8601 UTC. */
  storedAt?: string
}

interface Envelope {
  before: Row | null
  after: Row | null
  op: string
  ts_ms: number
  source: { schema: string; table: string; ts_ms: number; txId: number | null; lsn: number; sequence: string }
}

const OPS = new Set<string>(['r', 'c', 'u', 'd', 't'])
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

  const envelope = parse(record.value, 'value', unreadable) as unknown as Envelope
  const { op, source } = envelope
  if (typeof op !== 'string' || !OPS.has(op)) throw unreadable('no operation that we know')
  if (!isObject(source) || typeof source.table !== 'string') throw unreadable('no source')
  const table = findTable(source.table)
  if (!table) throw new PipelineError('RECORD_UNKNOWN_TABLE', { ...where, table: source.table })
  if (record.topic !== changeTopic(table.name)) throw unreadable('topic and table do not fit')

  const needsRow = op !== 'd' && op !== 't'
  if (needsRow && !isObject(envelope.after)) throw unreadable('no row after the change')
  return {
    table: table.name,
    op: op as Op,
    key: op === 't' ? null : decodeKey(record.key, table, where, unreadable),
    row: needsRow ? decodeRow(envelope.after!, table, where) : null,
    sequence: decodeSequence(op as Op, source, unreadable),
    txId: op === 'r' ? null : (source.txId ?? null),
    committedAt: instant(source.ts_ms, unreadable),
    capturedAt: instant(envelope.ts_ms, unreadable),
    ...where,
  }
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
  source: Envelope['source'],
  unreadable: (why: string) => PipelineError,
): string {
  try {
    const [commit, place] = JSON.parse(source.sequence) as [string | null, string]
    const lsn = BigInt(place)
    if (op === 'r' && commit === null) return formatSequence(lsn, 0n, 0)
    // A delete and an insert that make up one change of a key share their LSN.
    const ordinal = op === 'd' || op === 't' ? 0 : 1
    return formatSequence(commit === null ? lsn : BigInt(commit), lsn, ordinal)
  } catch {
    throw unreadable('no sequence of LSNs')
  }
}

let lastMs = Number.NaN
let lastText = ''

function instant(ms: unknown, unreadable: (why: string) => PipelineError): string {
  if (ms === lastMs) return lastText
  if (typeof ms !== 'number' || !Number.isSafeInteger(ms) || Math.abs(ms) > 8.64e15)
    throw unreadable('no time')
  lastText = new Date(ms).toISOString()
  lastMs = ms
  return lastText
}
