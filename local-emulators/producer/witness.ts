import { findTable } from '@pipeline/hospital/catalog.ts'
import type { Operation, SqlRow } from '@pipeline/hospital/simulator/operation.ts'

export interface Witness {
  table: string
  key: SqlRow
}

/**
 * A row that is there if the transaction of these operations was committed, and not otherwise: one that they
 * made and left. Without one, doing them twice is the same as once: they only update, delete, or make rows
 * and delete them again.
 */
export function findWitness(operations: readonly Operation[]): Witness | null {
  const gone = new Set<string>()
  for (let at = operations.length - 1; at >= 0; at--) {
    const operation = operations[at]!
    const { op, table, key } = operation
    const name = (of: SqlRow) =>
      `${table}:${findTable(table)!
        .key.map((column) => of[column])
        .join()}`
    if ((op === 'insert' || op === 'rekey') && !gone.has(name(key))) return { table, key }
    if (op === 'delete') gone.add(name(key))
    if (op === 'rekey') gone.add(name(operation.oldKey))
  }
  return null
}
