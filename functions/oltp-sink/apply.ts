import { catalog } from '@pipeline/hospital/catalog.ts'
import type { Pool, PoolClient } from 'pg'
import { writeIsolated } from './isolate.ts'
import type { Outcome, Settled, SourcedEvent } from './outcome.ts'
import { unavailable } from './postgres-errors.ts'
import { afterHead, byKey } from './versions.ts'

export interface ApplyOptions {
  /** Milliseconds after which events that are not tried yet stay open; some are always settled. */
  patienceMs?: number
}

const PATIENCE_MS = 40_000
/** Parents before children, and children out before parents. */
const PHASES = [
  ...catalog.map((table) => ({ table, op: 'upsert' as const })),
  ...catalog.toReversed().map((table) => ({ table, op: 'delete' as const })),
]

async function applyHeads(
  client: PoolClient,
  heads: readonly SourcedEvent[],
  deadline: number,
): Promise<Map<SourcedEvent, Settled>> {
  const settled = new Map<SourcedEvent, Settled>()
  for (const { table, op } of PHASES) {
    const items = heads.filter(({ event }) => event.table === table.name && event.op === op)
    if (items.length === 0) continue
    for (const [item, state] of await writeIsolated(client, table, op, items, deadline))
      settled.set(item, state)
  }
  return settled
}

/**
 * Writes a batch of events to PostgreSQL: one statement a table for upserts, two for deletes, whatever their number.
 * Of a key the latest event counts; an event that is not later than what was applied changes nothing. Applying the
 * same again, or in another order, ends the same. Throws DATABASE_UNAVAILABLE; what was applied by then stays.
 */
export async function applyEvents(
  pool: Pool,
  events: readonly SourcedEvent[],
  { patienceMs = PATIENCE_MS }: ApplyOptions = {},
): Promise<Outcome> {
  const deadline = Date.now() + patienceMs
  const outcome: Outcome = { applied: 0, unchanged: 0, waiting: [], refused: [], open: [] }
  if (events.length === 0) return outcome
  let client: PoolClient
  try {
    client = await pool.connect()
  } catch (error) {
    throw unavailable(error)
  }
  // Without a listener a connection lost between two statements would end the process; the next statement tells of it.
  const lost = (): void => {}
  client.on('error', lost)
  let broken = true
  try {
    // One round unless a key's latest event can't be written and it has others.
    for (let open = byKey(events); open.length > 0; ) {
      const settled = await applyHeads(
        client,
        open.map((versions) => versions[0]!),
        deadline,
      )
      const late = Date.now() > deadline
      open = open.flatMap((versions) => {
        const head = versions[0]!
        const result = settled.get(head)!
        note(outcome, head, result)
        if (result.state === 'open' || (late && result.state !== 'applied' && result.state !== 'unchanged')) {
          outcome.open.push(...versions.slice(1))
          return []
        }
        const rest = afterHead(versions, result.state === 'applied' || result.state === 'unchanged')
        outcome.unchanged += rest.void
        return rest.open.length > 0 ? [rest.open] : []
      })
    }
    broken = false
    return outcome
  } catch (error) {
    throw unavailable(error)
  } finally {
    client.off('error', lost)
    client.release(broken)
  }
}

function note(outcome: Outcome, item: SourcedEvent, result: Settled): void {
  if (result.state === 'waiting') outcome.waiting.push({ item, for: result.for })
  else if (result.state === 'refused') outcome.refused.push({ item, error: result.error })
  else if (result.state === 'open') outcome.open.push(item)
  else outcome[result.state] += 1
}
