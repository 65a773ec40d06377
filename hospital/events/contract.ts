import { z } from 'zod'
import type { Table } from '../catalog.ts'
import { type Row, rowKey } from '../change.ts'
import { PipelineError } from '../errors.ts'
import { columnSchema, instantSchema, isStorable } from './values.ts'

/** One wish for one row. An event of a key counts only if its time is later than that of every other applied one. */
export interface HospitalEvent {
  table: string
  eventId: string
  op: 'upsert' | 'delete'
  /** UTC with microseconds; comparing strings orders events. */
  eventTime: string
  key: Row
  /** The key as one text. */
  rowKey: string
  /** All columns after an upsert, in their one form; null for a delete. */
  payload: Row | null
}

/** An event time further ahead of the clock than this would lock out all later events of its row. */
const MOST_AHEAD_MS = 24 * 3_600_000
const FIELD_NAME = /^[a-z][A-Za-z0-9_]{0,62}$/

function shape(table: Table) {
  const field = (name: string) => columnSchema(table.columns.find((column) => column.name === name)!)
  const common = {
    eventId: z
      .string({ error: 'expected a text' })
      .min(1, { error: 'expected 1 to 200 characters' })
      .max(200, { error: 'expected 1 to 200 characters' })
      .refine(isStorable, { error: 'expected a text without NUL and without half characters' }),
    eventTime: instantSchema,
    key: z.strictObject(Object.fromEntries(table.key.map((name) => [name, field(name)]))),
  }
  const columns = Object.fromEntries(table.columns.map(({ name }) => [name, field(name)]))
  return z.discriminatedUnion(
    'op',
    [
      z.strictObject({ ...common, op: z.literal('upsert'), payload: z.strictObject(columns) }),
      z.strictObject({
        ...common,
        op: z.literal('delete'),
        payload: z.null({ error: 'a delete has no payload' }).optional(),
      }),
    ],
    { error: 'expected upsert or delete' },
  )
}

const shapes = new WeakMap<Table, ReturnType<typeof shape>>()

/** The zod schema of a table's events, made from the catalog: a new column is in it by itself. */
export function eventSchema(table: Table): ReturnType<typeof shape> {
  const known = shapes.get(table) ?? shape(table)
  shapes.set(table, known)
  return known
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.map((part) => (FIELD_NAME.test(String(part)) ? String(part) : '?')).join('.') || 'the event'
}

function reasonOf(error: z.ZodError): string {
  const reasons = error.issues.map((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const names = issue.keys.map((name) => nameOf([...issue.path, name]))
      return `${names.join(', ')}: not a field of the contract`
    }
    if (issue.code === 'invalid_type' && issue.expected === 'object') {
      return `${nameOf(issue.path)}: expected an object`
    }
    return `${nameOf(issue.path)}: ${issue.message}`
  })
  const all = [...new Set(reasons)]
  return all.length <= 5 ? all.join('; ') : `${all.slice(0, 5).join('; ')}; and ${all.length - 5} more`
}

/**
 * Checks a parsed event of a table (JSON of `parseExactText`) against its contract.
 * Throws EVENT_INVALID that names each wrong field and never its value. `nowMs` is the clock of the reader.
 */
export function readEvent(table: Table, value: unknown, nowMs: number): HospitalEvent {
  const invalid = (why: string): PipelineError =>
    new PipelineError('EVENT_INVALID', { table: table.name, why })
  const result = eventSchema(table).safeParse(value)
  if (!result.success) throw invalid(reasonOf(result.error))
  const { eventId, eventTime, op } = result.data
  const key = result.data.key as Row
  const payload = (result.data.payload ?? null) as Row | null
  const text = rowKey(key, table.key)
  if (payload !== null && rowKey(payload, table.key) !== text) throw invalid('key: not the key in payload')
  if (Date.parse(eventTime) > nowMs + MOST_AHEAD_MS) throw invalid('eventTime: more than a day ahead')
  return { table: table.name, eventId, op, eventTime, key, rowKey: text, payload }
}
