/**
 * Where rows are looked at: the lake, the warehouse's raw log (DuckDB or BigQuery), dbt's staged rows, the published
 * DuckDB file, ClickHouse, the newest export.
 */
export const STORES = ['lake', 'raw', 'staged', 'published', 'bigquery', 'clickhouse', 'exports'] as const
export type Store = (typeof STORES)[number]

export interface StoreReport {
  store: Store
  /** `behind`: what differs is explained by changes that have not come yet. */
  status: 'equal' | 'behind' | 'different'
  rows: number
  /** Changes that have not come yet; null where that can't be counted. */
  behindBy: number | null
  differingKeys: number
  /** The first of the differing keys: keys only, no other value. */
  keys: string[]
  notes: string[]
}

export interface TableReport {
  table: string
  /** Rows in PostgreSQL at the LSN. */
  rows: number
  /** Columns whose type has no exact text on both sides; they are left out of the comparison. */
  notCompared: string[]
  stores: StoreReport[]
}

export interface ReconcileReport {
  status: 'equal' | 'behind' | 'different'
  /** PostgreSQL's position of which this is said. */
  lsn: string
  at: string
  /** Bytes of WAL that Debezium had not confirmed when the wait was over; null if the slot is gone. */
  captureBehindBytes: number | null
  deadLetters: number
  tables: TableReport[]
  notes: string[]
  seconds: number
}

/** The worst of several states. */
export function worst(
  states: readonly ('equal' | 'behind' | 'different')[],
): 'equal' | 'behind' | 'different' {
  if (states.includes('different')) return 'different'
  return states.includes('behind') ? 'behind' : 'equal'
}
