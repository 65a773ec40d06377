import type { Filters } from './filters.ts'

/** How a column's values come out of any store: money as an exact text of two digits, a date as YYYY-MM-DD. */
export type Kind = 'text' | 'count' | 'money' | 'date' | 'boolean'
export type Columns = Readonly<Record<string, Kind>>

interface Values {
  text: string | null
  count: number
  money: string | null
  date: string | null
  boolean: boolean
}
export type RowOf<C extends Columns> = { -readonly [Name in keyof C]: Values[C[Name]] }

export type Param = { type: 'text' | 'date' | 'bigint'; value: string }

/**
 * A query in the SQL that DuckDB and BigQuery share. `{mart}` stands before each table for the schema of marts, `@name`
 * for a parameter. The store gives each row in `columns`' kinds.
 */
export interface Query<C extends Columns = Columns> {
  sql: string
  params: Readonly<Record<string, Param>>
  columns: C
}

/** The condition that a choice puts on a mart, with its parameters; `true` for none. `day` is the mart's own day. */
export function chosen(
  filters: Filters,
  { day = 'day' as string | null } = {},
): { sql: string; params: Record<string, Param> } {
  const { from, to, department, doctor } = filters
  const params: Record<string, Param> = {}
  const parts: string[] = []
  const add = (sql: string, name: string, type: Param['type'], value: string | undefined): void => {
    if (value === undefined) return
    parts.push(sql)
    params[name] = { type, value }
  }
  if (day !== null) {
    add(`${day} >= @from_day`, 'from_day', 'date', from)
    add(`${day} <= @to_day`, 'to_day', 'date', to)
  }
  add('specialization = @department', 'department', 'text', department)
  add('doctor_id = @doctor', 'doctor', 'bigint', doctor)
  return { sql: parts.length === 0 ? 'true' : parts.join(' and '), params }
}
