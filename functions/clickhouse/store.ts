import type { Table } from '@pipeline/hospital/catalog.ts'
import { type ClickHouse, serverCode } from './client.ts'
import { Combiner } from './combiner.ts'
import { CHANGE_BATCHES, TRUNCATES } from './names.ts'
import { insertColumns, TRUNCATE_COLUMNS } from './row.ts'
import { ensureSchema, isSchemaMissing } from './schema.ts'

/** One line of the ledger: offsets of which everything is stored. */
export interface StoredBatch {
  topic: string
  partition: number
  firstOffset: number
  lastOffset: number
  changes: number
  /** Of them, those that went to dead letters. */
  refused: number
}

const BATCH_COLUMNS = ['topic', 'partition', 'first_offset', 'last_offset', 'changes', 'refused']

/** Where the sink writes. What was added is stored when its promise resolves. */
export interface ChangeStore {
  addRows(table: Table, lines: readonly string[]): Promise<void>
  addTruncates(lines: readonly string[]): Promise<void>
  /** Only after all rows of the batch. */
  addBatch(batch: StoredBatch): Promise<void>
}

export interface StoreOptions {
  clickhouse: ClickHouse
  catalog: readonly Table[]
  everyMs: number
  most: number
}

/** The server answered, so the next caller's rows may fare better; one that is away would only be asked again. */
const answered = (error: unknown): boolean => serverCode(error) !== undefined

/** Makes the schema at first use, and again when the server says that it is gone. */
export function changeStore({ clickhouse, catalog, everyMs, most }: StoreOptions): ChangeStore {
  let schema: Promise<void> | undefined
  let force = false

  const prepared = async (): Promise<void> => {
    schema ??= ensureSchema(clickhouse, catalog, force)
    try {
      await schema
      force = false
    } catch (error) {
      schema = undefined
      throw error
    }
  }
  const combiners = new Map<string, Combiner<string>>()
  const add = (table: string, columns: readonly string[], lines: readonly string[]): Promise<void> => {
    let combiner = combiners.get(table)
    if (combiner === undefined) {
      const store = async (entries: readonly string[]): Promise<void> => {
        await prepared()
        try {
          await clickhouse.insert(table, columns, entries)
        } catch (error) {
          if (isSchemaMissing(error)) {
            schema = undefined
            force = true
          }
          throw error
        }
      }
      combiner = new Combiner({ store, splits: answered, everyMs, most })
      combiners.set(table, combiner)
    }
    return combiner.add(lines)
  }
  return {
    addRows: (table, lines) => add(table.name, insertColumns(table), lines),
    addTruncates: (lines) => add(TRUNCATES, TRUNCATE_COLUMNS, lines),
    addBatch: ({ topic, partition, firstOffset, lastOffset, changes, refused }) =>
      add(CHANGE_BATCHES, BATCH_COLUMNS, [
        JSON.stringify([topic, partition, firstOffset, lastOffset, changes, refused]),
      ]),
  }
}
