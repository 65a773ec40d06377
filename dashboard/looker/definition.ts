/** A field of a data source as the report shows it. */
export interface Field {
  name: string
  type: 'Date' | 'Text' | 'Number' | 'Currency' | 'Percent'
  aggregation: 'None' | 'Sum' | 'Count distinct' | 'Auto'
  /** Of a calculated field: its formula in the studio's language. */
  formula?: string
}

export interface ReportChart {
  title: string
  kind: 'Scorecard' | 'Column chart' | 'Bar chart' | 'Combo chart' | 'Donut chart' | 'Table'
  dimensions: readonly string[]
  metrics: readonly string[]
  sort: string
  rows?: number
}

/** All that is needed to build a report's template again. Its exposure in dbt has the same name. */
export interface ReportDefinition {
  exposure: string
  title: string
  purpose: string
  /** The alias of its one data source, and the flat mart that it reads. */
  alias: string
  mart: string
  fields: readonly Field[]
  controls: readonly string[]
  charts: readonly ReportChart[]
  /** Whether its mart is worth a place in BI Engine's memory: read often, small. */
  biEngine: boolean
}
