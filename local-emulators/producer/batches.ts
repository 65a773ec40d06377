import { catalog, findTable, type Table } from '@pipeline/hospital/catalog.ts'
import type { Operation, SqlRow } from '@pipeline/hospital/simulator/operation.ts'

/** Operations of one kind on different rows of one table: one statement. */
export interface Batch {
  op: Operation['op']
  table: string
  operations: Operation[]
}

const tableNames = catalog.map(({ name }) => name)
const childrenFirst = tableNames.toReversed()
/** Kinds of statement in the order that keeps most operations in one round: parents in, changes, children out. */
const kinds = [
  ...tableNames.map((table) => `insert ${table}`),
  ...tableNames.map((table) => `update ${table}`),
  ...tableNames.map((table) => `rekey ${table}`),
  ...childrenFirst.map((table) => `delete ${table}`),
]
const kindOf = new Map(kinds.map((kind, at) => [kind, at]))

/** The latest slots that touched a row: itself, its key or existence, and a row that points at it. */
interface Touched {
  any: number
  structure: number
  reference: number
}

function rowName(table: Table, key: SqlRow): string {
  return `${table.name}:${table.key.map((name) => key[name]).join()}`
}

function parentsOf(table: Table, row: SqlRow): string[] {
  return table.columns.flatMap(({ name, references }) =>
    references && row[name] !== null ? [`${references}:${row[name]}`] : [],
  )
}

/**
 * Puts operations in as few statements as their order allows: what touches one row, or a row and its parent,
 * keeps its order; what has nothing to do with each other may change places.
 */
export function toBatches(operations: readonly Operation[]): Batch[] {
  const touched = new Map<string, Touched>()
  const slots = new Map<number, Batch>()
  const parentsNow = new Map<string, string[]>()
  const look = (name: string): Touched => {
    const known = touched.get(name)
    if (known) return known
    const fresh = { any: -1, structure: -1, reference: -1 }
    touched.set(name, fresh)
    return fresh
  }

  for (const operation of operations) {
    const { op } = operation
    const table = findTable(operation.table)!
    const name = rowName(table, operation.key)
    const own = op === 'rekey' ? [rowName(table, operation.oldKey), name] : [name]
    const parents = operation.row ? parentsOf(table, operation.row) : (parentsNow.get(name) ?? [])
    if (operation.row) parentsNow.set(name, parents)

    let after = -1
    for (const row of own.map(look)) {
      after = Math.max(after, row.any, op === 'update' ? -1 : row.reference)
    }
    for (const parent of parents.map(look)) after = Math.max(after, parent.structure)

    const kind = kindOf.get(`${op} ${table.name}`)!
    const round = Math.floor((after + 1) / kinds.length)
    const inRound = round * kinds.length + kind
    const slot = inRound > after ? inRound : inRound + kinds.length

    const batch = slots.get(slot)
    if (batch) batch.operations.push(operation)
    else slots.set(slot, { op, table: table.name, operations: [operation] })
    for (const row of own.map(look)) {
      row.any = Math.max(row.any, slot)
      if (op !== 'update') row.structure = Math.max(row.structure, slot)
    }
    for (const parent of parents.map(look)) parent.reference = Math.max(parent.reference, slot)
  }
  return [...slots].sort(([a], [b]) => a - b).map(([, batch]) => batch)
}
