/** What a panel shows, before it is Grafana's JSON. */
export interface Panel {
  title: string
  description: string
  /** Grafana's panel types that we use. */
  type: 'stat' | 'timeseries' | 'barchart' | 'piechart' | 'table'
  /** Grafana's name of the unit: `short`, `currencyUSD`, `s`, `bytes`. */
  unit: string
  /** Of 24 columns, and in rows of 30 pixels. */
  width: number
  height: number
  queries: readonly Query[]
  /** Values from which a stat is yellow and red; without them it has one colour. */
  thresholds?: { yellow: number; red: number }
  /** Bars lie, so that long names can be read. */
  horizontal?: true
}

export type Query =
  | { store: 'clickhouse'; sql: string }
  | { store: 'prometheus'; expr: string; legend: string; instant?: true }

export interface Board {
  uid: string
  title: string
  description: string
  tags: readonly string[]
  /** What the board shows at first: Grafana's relative times. */
  from: string
  refresh: string
  variables: readonly Variable[]
  panels: readonly Panel[]
}

/** A list to choose from: several values, or all. `sql` gives them in one column. */
export interface Variable {
  name: string
  label: string
  sql: string
}

export const DATA_SOURCES = {
  clickhouse: { type: 'grafana-clickhouse-datasource', uid: 'hospital-clickhouse' },
  prometheus: { type: 'prometheus', uid: 'hospital-prometheus' },
} as const
