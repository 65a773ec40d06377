import { catalog } from '@pipeline/hospital/catalog.ts'
import { LEDGER } from './schema.ts'
import { quoted } from './sql.ts'

export interface TrailView {
  name: string
  description: string
  /** The table of the raw dataset that it shows. */
  of: string
  /** Its columns in GoogleSQL, by their names. */
  columns: Readonly<Record<string, string>>
}

const changeColumns = {
  row_key: 'row_key',
  op: 'op',
  change_sequence: 'sequence',
  committed_at: 'committedAt',
  captured_at: 'capturedAt',
  kafka_topic: 'topic',
  kafka_partition: '`partition`',
  kafka_offset: '`offset`',
  loaded_at: 'loadedAt',
}
const objectColumns = {
  table_name: 'tableName',
  object: 'object',
  state: 'state',
  kafka_topic: 'topic',
  kafka_partition: '`partition`',
  first_offset: 'firstOffset',
  last_offset: 'lastOffset',
  stored_at: 'storedAt',
}

/** What of the raw dataset is shown to who follows a change: keys, places and times, no row. */
export const trailViews: readonly TrailView[] = [
  ...catalog.map(({ name }) => ({
    name,
    description: `Where the changes of ${name} have been and when, without their rows`,
    of: `${name}_changes`,
    columns: changeColumns,
  })),
  {
    name: LEDGER.name,
    description: 'Objects of the lake that loads know, and which changes are in them',
    of: LEDGER.name,
    columns: objectColumns,
  },
]

/** The query of a view; `dataset` is the path to the raw one. */
export function trailSql({ of, columns }: TrailView, ...dataset: string[]): string {
  const list = Object.entries(columns).map(([name, column]) => `${column} AS ${name}`)
  return `SELECT ${list.join(', ')} FROM ${quoted(...dataset, of)}`
}
