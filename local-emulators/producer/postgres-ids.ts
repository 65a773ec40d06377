import { findTable, SCHEMA } from '@pipeline/hospital/catalog.ts'
import type { IdSource } from '@pipeline/hospital/simulator/ids.ts'
import type { ClientBase } from 'pg'

const SMALLEST_BLOCK = 200

/** Keys out of the tables' own identity sequences, taken in blocks: no two sources ever give the same. */
export class PostgresIds implements IdSource {
  readonly #blocks = new Map<string, number[]>()

  next(table: string): number {
    const id = this.#blocks.get(table)?.pop()
    if (id === undefined) throw new RangeError(`no id of ${table} in reserve`)
    return id
  }

  /** Sees to it that at least `count` ids of each table are at hand. */
  async reserve(client: ClientBase, tables: readonly string[], count: number): Promise<void> {
    for (const table of tables) {
      const block = this.#blocks.get(table) ?? []
      if (block.length >= count) continue
      const wanted = Math.max(SMALLEST_BLOCK, 4 * count)
      const { rows } = await client.query<{ id: string }>(
        'SELECT nextval(pg_get_serial_sequence($1, $2)) AS id FROM generate_series(1, $3::int)',
        [`${SCHEMA}.${table}`, findTable(table)!.key[0], wanted],
      )
      const fresh = rows.map(({ id }) => toId(id)).reverse()
      this.#blocks.set(table, [...fresh, ...block])
    }
  }
}

/** A bigint of PostgreSQL as a number, refused where a number would not be exact. */
export function toId(text: string): number {
  const id = Number(text)
  if (!Number.isSafeInteger(id)) throw new RangeError('an id beyond 2^53')
  return id
}
