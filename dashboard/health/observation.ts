/** A process of the pipeline and whether it does its work. */
export interface Part {
  name: string
  /** `ready`, or what it is doing instead. */
  state: string
  /** When it last ended by itself, ISO 8601, UTC; null or left out when it never did. */
  endedAt?: string | null
}

/** What one hop has carried. Null where that is not known. */
export interface Flow {
  total: number | null
  perMinute: number | null
}

export interface SubscriptionState extends Flow {
  name: string
  /** Messages not acknowledged yet; null: nobody tells of it. */
  open: number | null
  oldestSeconds: number
}

/** How new the tables that reports read are; times are ISO 8601, UTC. */
export interface WarehouseState {
  /** Commit of the newest change in them; null while they are empty. */
  committedAt: string | null
  loadedAt: string | null
  publishedAt: string | null
  rows: number | null
}

export interface RunState {
  at: string
  /** `ok`, or for reconcile `equal`, `behind` or `different`, or `failed`. */
  result: string
  /** What failed, by name; no values. */
  failed: readonly string[]
}

/**
 * What was seen of the pipeline at one moment. Null: it did not answer. Undefined: this environment does not have it or
 * does not tell.
 */
export interface Observation {
  at: string
  /** Where the pipeline runs: it decides what is to be done; `local` when left out. */
  place?: 'cloud'
  parts?: readonly Part[] | null
  /** PostgreSQL's slot and Debezium. */
  capture?: {
    slot: 'read' | 'not read' | 'missing' | null
    behindBytes: number | null
    connector?: string | null
  } | null
  kafka?: Flow | null
  relay?: (Flow & { openRecords: number; newestCommitAt: string | null }) | null
  subscriptions?: readonly SubscriptionState[] | null
  clickhouse?: (Flow & { committedAt: string | null }) | null
  /** Objects in dead-letters/ that wait for a person. */
  deadLetters?: number | null
  warehouse?: WarehouseState | null
  reconcile?: RunState | null
  dbt?: RunState | null
  /** Alerts of the stream pipelines in 24 hours. */
  notes?: readonly string[]
}
