import type { Table } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { PoolClient } from 'pg'
import type { Settled, SourcedEvent } from './outcome.ts'
import { isDataError, isForeignKeyError, placesOf } from './postgres-errors.ts'
import { writeTogether } from './writer.ts'

const MOST_AGAIN = 5
const WAITING = 'waiting for '

function settledBy(state: string, table: Table): Settled {
  if (state === 'unchanged') return { state }
  if (state.startsWith(WAITING)) return { state: 'waiting', for: state.slice(WAITING.length) }
  const code = state === 'conflict' ? 'EVENT_CONFLICT' : 'EVENT_TOO_OLD'
  return { state: 'refused', error: new PipelineError(code, { table: table.name }) }
}

/**
 * Writes events of one table and one kind, each key once, and says of each what became of it. A batch that
 * PostgreSQL refuses is halved until the bad events stand alone; after `deadline` what is left stays open.
 * Throws what is no event's fault.
 */
export async function writeIsolated(
  client: PoolClient,
  table: Table,
  op: 'upsert' | 'delete',
  events: readonly SourcedEvent[],
  deadline: number,
): Promise<Map<SourcedEvent, Settled>> {
  const settled = new Map<SourcedEvent, Settled>()
  const stack: { items: readonly SourcedEvent[]; tries: number }[] = [{ items: events, tries: 0 }]
  while (stack.length > 0) {
    const { items, tries } = stack.pop()!
    if (settled.size > 0 && Date.now() > deadline) {
      for (const item of items) settled.set(item, { state: 'open' })
      continue
    }
    try {
      const out = await writeTogether(client, table, op, items)
      const again: SourcedEvent[] = []
      items.forEach((item, n) => {
        const state = out.get(n)
        if (state === 'again' && tries < MOST_AGAIN) again.push(item)
        else if (state === 'again') settled.set(item, { state: 'open' })
        else settled.set(item, state === undefined ? { state: 'applied' } : settledBy(state, table))
      })
      if (again.length > 0) stack.push({ items: again, tries: tries + 1 })
    } catch (error) {
      if (!isDataError(error)) throw error
      if (items.length > 1) {
        const middle = items.length >> 1
        stack.push({ items: items.slice(middle), tries }, { items: items.slice(0, middle), tries })
      } else if (isForeignKeyError(error)) {
        // A reference that the catalog does not know of.
        settled.set(items[0]!, {
          state: 'waiting',
          for: placesOf(error).constraint?.toString() ?? 'a reference',
        })
      } else {
        settled.set(items[0]!, {
          state: 'refused',
          error: new PipelineError('EVENT_REFUSED', placesOf(error)),
        })
      }
    }
  }
  return settled
}
