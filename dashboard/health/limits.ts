/** From where on a figure is late, and from where on it is bad. */
export interface Limit {
  late: number
  bad: number
}

/** The defaults; seconds, bytes and counts. */
export const limits = {
  /** How far the reports are behind PostgreSQL: loads come every 5 minutes. */
  dataAgeSeconds: { late: 30 * 60, bad: 2 * 3600 },
  /** ClickHouse is fed at once. */
  liveAgeSeconds: { late: 60, bad: 10 * 60 },
  walBytes: { late: 256 * 1024 * 1024, bad: 2 * 1024 * 1024 * 1024 },
  openRecords: { late: 20_000, bad: 500_000 },
  oldestMessageSeconds: { late: 60, bad: 600 },
  /** Reconcile runs every night. */
  reconcileAgeSeconds: { late: 30 * 3600, bad: 72 * 3600 },
  dbtAgeSeconds: { late: 26 * 3600, bad: 72 * 3600 },
} as const satisfies Record<string, Limit>

export type Limits = { readonly [Name in keyof typeof limits]: Limit }

/** In the cloud marts are built twice an hour, of what was loaded until then. */
export const cloudLimits: Limits = { ...limits, dataAgeSeconds: { late: 3600, bad: 2 * 3600 } }
