import { randomUUID } from 'node:crypto'
import { SCHEMA } from '@pipeline/hospital/catalog.ts'
import type pg from 'pg'

/** Rows to read again: of a whole table, or those for which `filter` (SQL) holds. */
export interface Rereading {
  table: string
  filter?: string
}

/** The text of Debezium's signal for an incremental snapshot. Source: debezium.io, "Sending signals". */
export function snapshotSignal({ table, filter }: Rereading): string {
  const collection = `${SCHEMA}.${table}`
  return JSON.stringify({
    type: 'incremental',
    'data-collections': [collection],
    ...(filter && { 'additional-conditions': [{ 'data-collection': collection, filter }] }),
  })
}

/**
 * Asks Debezium to read rows again while it goes on streaming. The request is a row of a captured table, so it is as
 * safe as any change. Returns its id.
 */
export async function askForSnapshot(client: pg.ClientBase, rereading: Rereading): Promise<string> {
  const id = `guard-${Date.now()}-${randomUUID()}`
  await client.query(`INSERT INTO pipeline.signals VALUES ($1, 'execute-snapshot', $2)`, [
    id,
    snapshotSignal(rereading),
  ])
  return id
}

/**
 * Takes out a request that was dealt with, and those before it: Debezium joins requests that come while it reads, and
 * tells the end of the last one only. Ids sort by time.
 */
export async function removeSignals(client: pg.ClientBase, id: string): Promise<void> {
  await client.query(
    `DELETE FROM pipeline.signals WHERE id = $1 OR (type = 'execute-snapshot' AND id LIKE 'guard-%' AND id < $1)`,
    [id],
  )
}
