import type { Operation } from '@pipeline/hospital/simulator/operation.ts'
import type { Client } from 'pg'
import { toBatches } from './batches.ts'
import { existsStatement, toStatement } from './statements.ts'
import { findWitness } from './witness.ts'

export interface Counts {
  inserted: number
  updated: number
  deleted: number
  rekeyed: number
}

const COUNTED = { insert: 'inserted', update: 'updated', delete: 'deleted', rekey: 'rekeyed' } as const

export function noCounts(): Counts {
  return { inserted: 0, updated: 0, deleted: 0, rekeyed: 0 }
}

/** The count of one operation that went as an event. */
export function countOf(op: Operation['op']): Counts {
  return { ...noCounts(), [COUNTED[op]]: 1 }
}

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    inserted: a.inserted + b.inserted,
    updated: a.updated + b.updated,
    deleted: a.deleted + b.deleted,
    rekeyed: a.rekeyed + b.rekeyed,
  }
}

/** Writes operations within the transaction of a client, in as few statements as their order allows. */
export async function write(client: Client, operations: readonly Operation[]): Promise<Counts> {
  const counts = noCounts()
  for (const batch of toBatches(operations)) {
    const { rowCount } = await client.query(toStatement(batch))
    counts[COUNTED[batch.op]] += rowCount ?? 0
  }
  return counts
}

/** Whether the operations are in the database, after a commit whose answer was lost. */
export async function wasWritten(client: Client, operations: readonly Operation[]): Promise<boolean> {
  const witness = findWitness(operations)
  if (!witness) return false
  const { rows } = await client.query(existsStatement(witness.table, [witness.key]))
  return rows[0].there
}
