import { z } from 'zod'
import { SEQUENCE_PATTERN, type Sequence } from './sequence.ts'

/** `r` snapshot, `c` create, `u` update, `d` delete, `t` truncate. */
export type Op = 'r' | 'c' | 'u' | 'd' | 't'

/** A value as it travels: money is an exact decimal string, a date ISO 8601, a timestamp UTC with microseconds. */
export type Value = null | boolean | number | string | Value[] | { [name: string]: Value }
export type Row = Record<string, Value>

/** One change of one row, the same from relay to warehouse: one line of NDJSON. */
export interface ChangeRecord {
  table: string
  op: Op
  /** Primary key; null for a truncate. */
  key: Row | null
  /** All columns after the change; null for a delete and a truncate. */
  row: Row | null
  sequence: Sequence
  /** Low 32 bits of the transaction id in PostgreSQL; null for a snapshot row. */
  txId: number | null
  /** UTC, ISO 8601 with milliseconds. */
  committedAt: string
  capturedAt: string
  /** Where it came from in Kafka: the identity of the record. */
  topic: string
  partition: number
  offset: number
}

const instant = z.iso.datetime()
const values = z.record(z.string(), z.unknown())

/** Checks one parsed line; its `row` is checked no deeper than being an object. */
export const changeSchema = z
  .object({
    table: z.string().min(1),
    op: z.enum(['r', 'c', 'u', 'd', 't']),
    key: values.nullable(),
    row: values.nullable(),
    sequence: z.string().regex(SEQUENCE_PATTERN),
    txId: z.int().min(0).max(0xffffffff).nullish(),
    committedAt: instant,
    capturedAt: instant,
    topic: z.string().min(1),
    partition: z.int().min(0),
    offset: z.int().min(0),
  })
  .refine((change) => (change.op === 't') === (change.key === null), { error: 'only a truncate has no key' })
  .refine((change) => (change.op === 'd' || change.op === 't') === (change.row === null), {
    error: 'a delete and a truncate have no row, all others have one',
  })

/** Changes as NDJSON, one line each, every line ended. */
export function toNdjson(changes: readonly ChangeRecord[]): string {
  let text = ''
  for (const change of changes) text += `${JSON.stringify(change)}\n`
  return text
}

/** The key as one text to cluster and join by: the value itself, or a JSON array for a composite key. */
export function rowKey(key: Row, columns: readonly string[]): string {
  if (columns.length === 1) {
    const value = key[columns[0]!]
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
  return JSON.stringify(columns.map((name) => key[name]))
}

/** The UTC day of a timestamp as YYYYMMDD. */
export function utcDay(timestamp: string): string {
  return timestamp.slice(0, 10).replaceAll('-', '')
}
