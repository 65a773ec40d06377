import { changeTopic, findTable } from '@pipeline/hospital/catalog.ts'
import type { ChangeRecord, Op, Row, Value } from '@pipeline/hospital/change.ts'
import { formatSequence } from '@pipeline/hospital/sequence.ts'

/** Tables in memory: the rows that PostgreSQL would hold, and the changes that it would have sent. */
export class TestDatabase {
  readonly changes: ChangeRecord[] = []
  private readonly tables = new Map<string, Map<Value, Row>>()
  private lsn = 1000n

  /** When the next change will be committed. */
  now(): string {
    return new Date(Date.UTC(2026, 5, 1) + this.changes.length * 1000).toISOString()
  }

  rows(table: string): Row[] {
    return [...this.table(table).values()]
  }

  insert(table: string, row: Row, op: Op = 'c'): void {
    this.table(table).set(this.keyOf(table, row), row)
    this.log(table, op, row)
  }

  update(table: string, key: Value, values: Row): void {
    const row = { ...this.table(table).get(key), ...values }
    const name = findTable(table)!.key[0]!
    if (row[name] === key) {
      this.table(table).set(key, row)
      this.log(table, 'u', row)
      return
    }
    this.table(table).delete(key)
    this.log(table, 'd', { [name]: key })
    this.table(table).set(row[name]!, row)
    this.lsn -= 1n
    this.log(table, 'c', row)
  }

  remove(table: string, key: Value): void {
    this.table(table).delete(key)
    this.log(table, 'd', { [findTable(table)!.key[0]!]: key })
  }

  truncate(table: string): void {
    this.table(table).clear()
    this.log(table, 't', null)
  }

  private table(name: string): Map<Value, Row> {
    let table = this.tables.get(name)
    if (!table) {
      table = new Map()
      this.tables.set(name, table)
    }
    return table
  }

  private keyOf(table: string, row: Row): Value {
    return row[findTable(table)!.key[0]!]!
  }

  private log(table: string, op: Op, row: Row | null): void {
    const name = findTable(table)!.key[0]!
    const gone = op === 'd' || op === 't'
    this.lsn += 1n
    const at = this.now()
    this.changes.push({
      table,
      op,
      key: row && { [name]: row[name]! },
      row: gone ? null : row,
      sequence: formatSequence(this.lsn, this.lsn, gone ? 0 : 1),
      txId: op === 'r' ? null : this.changes.length,
      committedAt: at,
      capturedAt: at,
      topic: changeTopic(table),
      partition: 0,
      offset: this.changes.length,
    })
  }
}

/** Whole numbers below a bound, the same ones for a seed. */
export function randomBelow(seed: number): (bound: number) => number {
  let state = seed
  return (bound) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * bound)
  }
}

/** The changes as they may come: in any order, some twice, some under a second offset. */
export function disturbed(changes: readonly ChangeRecord[], seed: number): ChangeRecord[] {
  const below = randomBelow(seed)
  const all = [...changes]
  for (const change of changes) {
    if (below(4) === 0) all.push(change)
    if (below(6) === 0) all.push({ ...change, offset: change.offset + 100_000 })
  }
  for (let last = all.length - 1; last > 0; last -= 1) {
    const other = below(last + 1)
    ;[all[last], all[other]] = [all[other]!, all[last]!]
  }
  return all
}
