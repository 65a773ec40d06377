import { catalog, findTable, type Table } from '../catalog.ts'
import type { Operation, SqlRow } from './operation.ts'

interface Link {
  child: string
  column: string
  parent: string
}

const links: readonly Link[] = catalog.flatMap((table) =>
  table.columns.flatMap(({ name, references }) =>
    references ? [{ child: table.name, column: name, parent: references }] : [],
  ),
)

/** The hospital's tables in memory, as strict as PostgreSQL about keys and references. For tests. */
export class MemoryDatabase {
  readonly #tables = new Map(catalog.map((table) => [table.name, new Map<number, SqlRow>()]))
  /** By `table.column=id`, the keys of the rows that point there. */
  readonly #pointing = new Map<string, Set<number>>()

  rows(table: string): ReadonlyMap<number, SqlRow> {
    const rows = this.#tables.get(table)
    if (!rows) throw new RangeError(`no table ${table}`)
    return rows
  }

  row(table: string, id: unknown): SqlRow {
    const row = this.rows(table).get(id as number)
    if (!row) throw new RangeError(`no row ${id} in ${table}`)
    return row
  }

  apply(operation: Operation): void {
    const { op, table } = operation
    const entry = findTable(table)!
    const key = operation.key[entry.key[0]!] as number
    if (op === 'insert') {
      if (this.rows(table).has(key)) throw new RangeError(`${table} ${key} is there already`)
      this.#put(entry, key, operation.row)
      return
    }
    const oldKey = op === 'rekey' ? (operation.oldKey[entry.key[0]!] as number) : key
    const before = this.row(table, oldKey)
    if (op === 'delete') this.#refuseIfReferenced(table, key)
    if (op === 'rekey' && this.rows(table).has(key)) throw new RangeError(`${table} ${key} is there already`)
    this.#take(entry, oldKey, before)
    if (op === 'delete') return
    this.#put(entry, key, operation.row)
    if (op === 'rekey') this.#cascade(table, oldKey, key)
  }

  #put(table: Table, key: number, row: SqlRow): void {
    const columns = table.columns.map(({ name }) => name).join()
    if (Object.keys(row).join() !== columns) throw new RangeError(`${table.name}: not the columns ${columns}`)
    for (const { name, nullable, references } of table.columns) {
      if (row[name] === null && !nullable) throw new RangeError(`${table.name}.${name} is null`)
      if (!references) continue
      this.row(references, row[name])
      const place = `${table.name}.${name}=${row[name]}`
      this.#pointing.set(place, (this.#pointing.get(place) ?? new Set()).add(key))
    }
    this.#tables.get(table.name)!.set(key, { ...row })
  }

  #take(table: Table, key: number, row: SqlRow): void {
    this.#tables.get(table.name)!.delete(key)
    for (const { name, references } of table.columns) {
      if (references) this.#pointing.get(`${table.name}.${name}=${row[name]}`)?.delete(key)
    }
  }

  #refuseIfReferenced(table: string, key: number): void {
    for (const { child, column, parent } of links) {
      if (parent === table && this.#pointing.get(`${child}.${column}=${key}`)?.size) {
        throw new RangeError(`${table} ${key} is still referenced by ${child}`)
      }
    }
  }

  #cascade(table: string, oldKey: number, key: number): void {
    for (const { child, column, parent } of links) {
      if (parent !== table) continue
      const place = `${child}.${column}=${oldKey}`
      for (const id of this.#pointing.get(place) ?? []) this.#tables.get(child)!.get(id)![column] = key
      this.#pointing.set(`${child}.${column}=${key}`, this.#pointing.get(place) ?? new Set())
      this.#pointing.delete(place)
    }
  }
}
