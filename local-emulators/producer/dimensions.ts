import { findTable, SCHEMA } from '@pipeline/hospital/catalog.ts'
import type { Dimensions } from '@pipeline/hospital/simulator/simulator.ts'
import type { ClientBase } from 'pg'
import { toId } from './postgres-ids.ts'

const MOST_PATIENTS = 20_000

/** All rows of a table whose ids JavaScript can count with, or the latest of them, as the simulator takes them: ids as numbers, money and dates as text. */
async function rowsOf(client: ClientBase, name: string, most: number): Promise<Record<string, unknown>[]> {
  const table = findTable(name)!
  const texts = table.columns.map((column) => `${column.name}::text`).join(', ')
  const { rows } = await client.query<Record<string, string | null>>(
    `SELECT ${texts} FROM ${SCHEMA}.${name}
     WHERE ${table.key.map((key) => `${key} BETWEEN ${-Number.MAX_SAFE_INTEGER} AND ${Number.MAX_SAFE_INTEGER}`).join(' AND ')}
     ORDER BY ${table.key.join(', ').concat(' DESC')} LIMIT $1`,
    [most],
  )
  return rows.reverse().map((row) =>
    Object.fromEntries(
      table.columns.map(({ name: column, type }) => {
        const text = row[column] ?? null
        if (text === null || (type.kind !== 'bigint' && type.kind !== 'integer')) return [column, text]
        return [column, toId(text)]
      }),
    ),
  )
}

/** The hospital as the database has it. */
export async function loadDimensions(client: ClientBase): Promise<Dimensions> {
  const everything = 1_000_000
  return {
    doctors: await rowsOf(client, 'doctors', everything),
    patients: await rowsOf(client, 'patients', MOST_PATIENTS),
    medicines: await rowsOf(client, 'medicines', everything),
  } as unknown as Dimensions
}
