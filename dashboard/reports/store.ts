import type { Columns, Query, RowOf } from './query.ts'

/**
 * Where reports read. Throws REPORTS_UNAVAILABLE when it can't be read now, and REPORTS_MISSING before the first dbt
 * build; errors hold no value.
 */
export interface ReportStore {
  rows<C extends Columns>(query: Query<C>): Promise<RowOf<C>[]>
  /** The rows of a query piece by piece, in bounded memory. */
  pages<C extends Columns>(query: Query<C>): AsyncIterable<RowOf<C>[]>
  /** Another text whenever what is shown may be another; undefined before the first build. */
  version(): Promise<string | undefined>
  close(): Promise<void>
}
