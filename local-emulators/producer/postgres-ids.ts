import { findTable, SCHEMA } from '@pipeline/hospital/catalog.ts'
import type { IdSource } from '@pipeline/hospital/simulator/ids.ts'
import type { ClientBase } from 'pg'
import type { Session } from './session.ts'

const SMALLEST_BLOCK = 200

/** How many ids of which tables are wanted at hand. */
export type Wanted = Readonly<Record<string, number>>
type Blocks = ReadonlyMap<string, readonly number[]>

/**
 * Keys out of the tables' own identity sequences, taken in blocks: no two sources ever give the same. A server that
 * crashes may give the ids of a transaction again that it did not commit, so only those of committed ones are used.
 */
export class PostgresIds implements IdSource {
  readonly #blocks = new Map<string, number[]>()

  next(table: string): number {
    const id = this.#blocks.get(table)?.pop()
    if (id === undefined) throw new RangeError(`no id of ${table} in reserve`)
    return id
  }

  /** Sees to it, in a transaction of its own, that so many ids are at hand. */
  async reserve(session: Session, wanted: Wanted): Promise<void> {
    if (Object.entries(wanted).every(([table, count]) => this.#has(table) >= count)) return
    const drawn = await session.transaction({
      name: 'reserve ids',
      run: (client) => this.#draw(client, wanted),
      // Ids of a commit in doubt are passed over.
      wasCommitted: async () => false,
    })
    this.#keep(drawn)
  }

  /**
   * Draws so many ids anew in a transaction that also writes the rows which get them. Called again when that has to be
   * done again: what was at hand is forgotten.
   */
  async drawWithin(client: ClientBase, wanted: Wanted): Promise<void> {
    this.#blocks.clear()
    this.#keep(await this.#draw(client, wanted))
  }

  #has(table: string): number {
    return this.#blocks.get(table)?.length ?? 0
  }

  #keep(drawn: Blocks): void {
    for (const [table, fresh] of drawn)
      this.#blocks.set(table, [...fresh, ...(this.#blocks.get(table) ?? [])])
  }

  async #draw(client: ClientBase, wanted: Wanted): Promise<Blocks> {
    const drawn = new Map<string, number[]>()
    for (const [table, count] of Object.entries(wanted)) {
      if (this.#has(table) >= count) continue
      const { rows } = await client.query<{ id: string }>(
        'SELECT nextval(pg_get_serial_sequence($1, $2)) AS id FROM generate_series(1, $3::int)',
        [`${SCHEMA}.${table}`, findTable(table)!.key[0], Math.max(SMALLEST_BLOCK, 4 * count)],
      )
      drawn.set(table, rows.map(({ id }) => toId(id)).reverse())
    }
    return drawn
  }
}

/** A bigint of PostgreSQL as a number, refused where a number would not be exact. */
export function toId(text: string): number {
  const id = Number(text)
  if (!Number.isSafeInteger(id)) throw new RangeError('an id beyond 2^53')
  return id
}
