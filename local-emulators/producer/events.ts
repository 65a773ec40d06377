import { randomUUID } from 'node:crypto'
import { findTable } from '@pipeline/hospital/catalog.ts'
import { type Row, rowKey } from '@pipeline/hospital/change.ts'
import type { Operation } from '@pipeline/hospital/simulator/operation.ts'

/** An operation on its way as an event. */
export interface OutgoingEvent {
  topic: string
  table: string
  /** The row's key as one text; events of one row share a partition. */
  rowKey: string
  eventTime: string
  op: Operation['op']
  value: string
}

/** Times that are never the same and never go back, in microseconds, UTC. */
export function eventClock(now: () => number = Date.now): () => string {
  let last = 0
  return () => {
    last = Math.max(last + 1, now() * 1000)
    const seconds = new Date(Math.floor(last / 1000)).toISOString().slice(0, -1)
    return `${seconds}${String(last % 1000).padStart(3, '0')}Z`
  }
}

/** The topic that an operation travels by; undefined for those that are written by SQL. */
export function topicOf(operation: Operation): string | undefined {
  return operation.op === 'rekey' ? undefined : findTable(operation.table)?.eventTopic
}

/** An insert, update or delete as the event that wishes for it, at the given time. */
export function toEvent(operation: Operation, eventTime: string): OutgoingEvent {
  const { op, table, key, row } = operation
  const event = {
    eventId: randomUUID(),
    op: op === 'delete' ? 'delete' : 'upsert',
    eventTime,
    key,
    payload: row,
  }
  return {
    topic: topicOf(operation)!,
    table,
    rowKey: rowKey(key as Row, findTable(table)!.key),
    eventTime,
    op,
    value: JSON.stringify(event),
  }
}
