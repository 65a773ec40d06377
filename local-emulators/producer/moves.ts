import type { Operation, SqlRow } from '@pipeline/hospital/simulator/operation.ts'
import { isTemporary } from '@pipeline/hospital/simulator/people.ts'
import type { PatientRow } from '@pipeline/hospital/simulator/state.ts'
import type { ClientBase } from 'pg'
import { type OutgoingEvent, toEvent, topicOf } from './events.ts'

/** What is to be written by SQL, and then sent as events. */
export interface Plan {
  sql: Operation[]
  events: OutgoingEvent[]
}

type Awaited = Pick<OutgoingEvent, 'table' | 'rowKey' | 'eventTime'>

/** A patient's change of key that waits until the events which name the old key are in PostgreSQL. */
interface Move extends Plan {
  to: SqlRow[string]
  awaited: Awaited[]
}

const NOT_APPLIED = `SELECT DISTINCT r.move FROM json_to_recordset($1::json)
    AS r(move integer, table_name text, key text, event_time timestamptz)
  LEFT JOIN pipeline.applied_events l ON l.table_name = r.table_name COLLATE "C" AND l.key = r.key COLLATE "C"
  WHERE l.event_time IS NULL OR l.event_time < r.event_time`

/**
 * Parts operations in those for SQL and those for events. A patient's key changes by SQL while events that name the
 * old key may still be on their way: the change, and all that names the new key, is held back until they have
 * arrived. Events keep the time at which they arose.
 */
export class Moves {
  readonly #clock: () => string
  /** By id of a patient whose key will change, the latest event of each row that names it. */
  readonly #temporary = new Map<SqlRow[string], Map<string, Awaited>>()
  #moves: Move[] = []

  constructor(clock: () => string) {
    this.#clock = clock
  }

  get waiting(): number {
    return this.#moves.length
  }

  /** Takes operations in their order; what can go now is in the plan. */
  take(operations: readonly Operation[]): Plan {
    const plan: Plan = { sql: [], events: [] }
    for (const operation of operations) {
      const { op, table, key, row } = operation
      if (op === 'rekey') {
        const awaited = [...(this.#temporary.get(operation.oldKey.patient_id!)?.values() ?? [])]
        this.#temporary.delete(operation.oldKey.patient_id!)
        this.#moves.push({ to: key.patient_id!, awaited, sql: [operation], events: [] })
        continue
      }
      const patient = row?.patient_id
      const place = this.#moves.find(({ to }) => to === patient) ?? plan
      if (topicOf(operation) === undefined) {
        place.sql.push(operation)
        if (op === 'insert' && table === 'patients' && isTemporary(row as PatientRow)) {
          this.#temporary.set(patient!, new Map())
        }
        continue
      }
      const event = toEvent(operation, this.#clock())
      place.events.push(event)
      this.#temporary.get(patient ?? null)?.set(`${table}:${event.rowKey}`, event)
    }
    return plan
  }

  /** Takes out the moves that nothing holds back any more. Once taken out they have to be done. */
  async ready(client: ClientBase): Promise<Plan> {
    const plan: Plan = { sql: [], events: [] }
    if (this.#moves.length === 0) return plan
    const awaited = this.#moves.flatMap((each, move) =>
      each.awaited.map(({ table, rowKey, eventTime }) => ({
        move,
        table_name: table,
        key: rowKey,
        event_time: eventTime,
      })),
    )
    const { rows } = await client.query<{ move: number }>(NOT_APPLIED, [JSON.stringify(awaited)])
    const held = new Set(rows.map(({ move }) => move))
    for (const { sql, events } of this.#moves.filter((_, at) => !held.has(at))) {
      plan.sql.push(...sql)
      plan.events.push(...events)
    }
    this.#moves = this.#moves.filter((_, at) => held.has(at))
    return plan
  }
}
