import { setTimeout as sleep } from 'node:timers/promises'
import type { Table } from '@pipeline/hospital/catalog.ts'
import type { PoolClient } from 'pg'
import type { SourcedEvent } from './outcome.ts'
import { isConflict, isForeignKeyError } from './postgres-errors.ts'
import { deleteStatement, enterDeletesStatement, type Statement, upsertStatement } from './statements.ts'

/** What the database says of events that were not applied: by their place in the batch. */
type NotEntered = Map<number, string>

const MOST_CONFLICTS = 8
const MOST_RACES = 2

async function notEntered(client: PoolClient, statement: Statement): Promise<NotEntered> {
  const { rows } = await client.query<{ n: number; state: string }>(statement)
  return new Map(rows.map(({ n, state }) => [n, state]))
}

async function upsert(
  client: PoolClient,
  table: Table,
  events: readonly SourcedEvent[],
): Promise<NotEntered> {
  return notEntered(
    client,
    upsertStatement(
      table,
      events.map(({ event }) => event),
    ),
  )
}

async function remove(
  client: PoolClient,
  table: Table,
  events: readonly SourcedEvent[],
): Promise<NotEntered> {
  await client.query('BEGIN')
  try {
    const wished = events.map(({ event }) => event)
    const out = await notEntered(client, enterDeletesStatement(table, wished))
    const entered = wished.filter((_, n) => !out.has(n))
    if (entered.length > 0) await client.query(deleteStatement(table, entered))
    await client.query('COMMIT')
    return out
  } catch (error) {
    // If this fails too the connection is of no more use, which the first error says already.
    await client.query('ROLLBACK').catch(() => {})
    throw error
  }
}

/**
 * Writes events of one table and one kind, each key once, all or none. Deadlocks are tried again, and so is a
 * parent that went, or a child that came, between judging and writing.
 */
export async function writeTogether(
  client: PoolClient,
  table: Table,
  op: 'upsert' | 'delete',
  events: readonly SourcedEvent[],
): Promise<NotEntered> {
  for (let conflicts = 0, races = 0; ; ) {
    try {
      return op === 'upsert' ? await upsert(client, table, events) : await remove(client, table, events)
    } catch (error) {
      if (isConflict(error) && ++conflicts <= MOST_CONFLICTS) {
        await sleep(Math.random() * 20 * 2 ** Math.min(conflicts, 5))
      } else if (!isForeignKeyError(error) || ++races > MOST_RACES) {
        throw error
      }
    }
  }
}
