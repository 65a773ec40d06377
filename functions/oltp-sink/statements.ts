import { type ColumnType, catalog, findTable, SCHEMA, type Table } from '@pipeline/hospital/catalog.ts'
import type { HospitalEvent } from '@pipeline/hospital/events/contract.ts'

export interface Statement {
  text: string
  values: [string]
}

/** The ledger of what was applied; PostgreSQL's own, not captured. */
const LEDGER = 'pipeline.applied_events'
const HORIZON = 'pipeline.applied_horizon'

function sqlType(type: ColumnType): string {
  if (type.kind === 'numeric') return `numeric(${type.precision}, ${type.scale})`
  return type.kind === 'timestamp' ? 'timestamptz' : type.kind
}

function fields(table: Table, names: readonly string[]): string {
  return table.columns
    .filter(({ name }) => names.includes(name))
    .map(({ name, type }) => `"${name}" ${sqlType(type)}`)
    .join(', ')
}

const target = (table: string): string => `"${SCHEMA}"."${table}"`

/** When an upsert has to wait: a parent is not there. */
function missingParents(table: Table): string {
  return table.columns
    .flatMap(({ name, references }) => {
      if (!references) return []
      const [key] = findTable(references)!.key
      const there = `SELECT FROM ${target(references)} p WHERE p."${key}" = g."${name}"`
      return [`WHEN g."${name}" IS NOT NULL AND NOT EXISTS (${there}) THEN 'waiting for ${references}'`]
    })
    .join('\n      ')
}

/** When a delete has to wait: a row still refers to its row. */
function childrenLeft(table: Table): string {
  const [key] = table.key
  return catalog
    .flatMap((child) =>
      child.columns
        .filter(({ references }) => references === table.name)
        .map(({ name }) => {
          const left = `SELECT FROM ${target(child.name)} c WHERE c."${name}" = g."${key}"`
          return `WHEN EXISTS (${left}) THEN 'waiting for ${child.name}'`
        }),
    )
    .join('\n      ')
}

/**
 * Judges each event by the ledger and by what it refers to, and enters those that count. Rows of the ledger are
 * locked in the order of their keys, so that calls with the same keys queue up and do not lock each other out.
 */
function judge(table: Table, columns: readonly string[], waits: string, deleted: boolean): string {
  return `given AS (
    SELECT * FROM json_to_recordset($1::json) AS r(n integer, row_key text, event_time timestamptz, event_id text, ${fields(table, columns)})
  ), judged AS MATERIALIZED (
    SELECT g.*, CASE
      WHEN l.event_time = g.event_time AND l.event_id <> g.event_id THEN 'conflict'
      WHEN l.event_time >= g.event_time THEN 'unchanged'
      WHEN l.event_time IS NULL AND g.event_time <= h.event_time THEN 'too old'
      ${waits}
      ELSE 'ready' END AS state
    FROM given g
    LEFT JOIN ${LEDGER} l ON l.table_name = '${table.name}' AND l.key = g.row_key COLLATE "C"
    LEFT JOIN ${HORIZON} h ON h.table_name = '${table.name}'
  ), fresh AS (
    INSERT INTO ${LEDGER} AS l (table_name, key, event_time, event_id, deleted, applied_at)
    SELECT '${table.name}', row_key, event_time, event_id, ${deleted}, clock_timestamp()
    FROM judged WHERE state = 'ready' ORDER BY row_key COLLATE "C"
    ON CONFLICT (table_name, key) DO UPDATE SET event_time = excluded.event_time, event_id = excluded.event_id,
      deleted = excluded.deleted, applied_at = excluded.applied_at
    WHERE l.event_time < excluded.event_time
    RETURNING key
  )`
}

/** Events that were not entered: their own state, or `again` when another call came in between. */
const NOT_ENTERED = `SELECT j.n, CASE j.state WHEN 'ready' THEN 'again' ELSE j.state END AS state
  FROM judged j LEFT JOIN fresh f ON f.key = j.row_key COLLATE "C" WHERE f.key IS NULL`

function composeUpsert(table: Table): string {
  const names = table.columns.map(({ name }) => `"${name}"`)
  const key = table.key.map((name) => `"${name}"`)
  const set = names.filter((name) => !key.includes(name)).map((name) => `${name} = excluded.${name}`)
  const all = table.columns.map(({ name }) => name)
  return `WITH ${judge(table, all, missingParents(table), false)}, written AS (
    INSERT INTO ${target(table.name)} (${names.join(', ')})
    SELECT ${names.map((name) => `j.${name}`).join(', ')}
    FROM judged j JOIN fresh f ON f.key = j.row_key COLLATE "C" ORDER BY j.row_key COLLATE "C"
    ON CONFLICT (${key.join(', ')}) DO ${set.length > 0 ? `UPDATE SET ${set.join(', ')}` : 'NOTHING'}
  )
  ${NOT_ENTERED}`
}

function composeDelete(table: Table): string {
  const same = table.key.map((name) => `t."${name}" = r."${name}"`).join(' AND ')
  return `DELETE FROM ${target(table.name)} t USING json_to_recordset($1::json) AS r(${fields(table, table.key)}) WHERE ${same}`
}

const composed = new Map<string, string>()

function textOf(kind: 'upsert' | 'enter delete' | 'delete', table: Table): string {
  const name = `${kind} ${table.name}`
  const known = composed.get(name)
  if (known !== undefined) return known
  const text =
    kind === 'upsert'
      ? composeUpsert(table)
      : kind === 'delete'
        ? composeDelete(table)
        : `WITH ${judge(table, table.key, childrenLeft(table), true)}\n  ${NOT_ENTERED}`
  composed.set(name, text)
  return text
}

function rowsOf(events: readonly HospitalEvent[]): string {
  const rows = events.map(({ rowKey, eventTime, eventId, key, payload }, n) => ({
    n,
    row_key: rowKey,
    event_time: eventTime,
    event_id: eventId,
    ...(payload ?? key),
  }))
  return JSON.stringify(rows)
}

/** Writes upserts of one table, each key once: judges, enters in the ledger and writes, in one statement. */
export function upsertStatement(table: Table, events: readonly HospitalEvent[]): Statement {
  return { text: textOf('upsert', table), values: [rowsOf(events)] }
}

/**
 * Judges deletes of one table, each key once, and enters them. The rows go by `deleteStatement` in the same
 * transaction: a statement of its own sees rows that another call wrote while this one waited for its lock.
 */
export function enterDeletesStatement(table: Table, events: readonly HospitalEvent[]): Statement {
  return { text: textOf('enter delete', table), values: [rowsOf(events)] }
}

export function deleteStatement(table: Table, events: readonly HospitalEvent[]): Statement {
  return { text: textOf('delete', table), values: [JSON.stringify(events.map(({ key }) => key))] }
}
