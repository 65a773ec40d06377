import type { Table } from '@pipeline/hospital/catalog.ts'
import { at, currentView, IS_DELETED, quoted, VERSION } from './names.ts'
import { notTruncatedSql } from './truncates.ts'
import { exactType, storedType } from './types.ts'

/**
 * A materialized view that keeps one column of a table by its key, and the counts that are read from it. A count that
 * adds up inserted rows is wrong after the first update; this one keeps each row's latest state and counts at read.
 */
interface Rollup {
  /** The table that the materialized view writes. */
  name: string
  source: string
  column: string
  /** The view for readers. */
  view: string
  /** What a group is counted as. */
  counted: string
  /** Joins the table that the column points at, for its `name`. */
  names?: string
}

export const rollups: readonly Rollup[] = [
  {
    name: 'visit_diagnoses',
    source: 'visits',
    column: 'diagnosis',
    view: 'top_diagnoses',
    counted: 'visits',
  },
  {
    name: 'prescription_medicines',
    source: 'prescriptions',
    column: 'medicine_id',
    view: 'prescription_counts',
    counted: 'prescriptions',
    names: 'medicines',
  },
]

/** The rollups whose source and column the catalog has. */
function known(catalog: readonly Table[]): { rollup: Rollup; table: Table }[] {
  return rollups.flatMap((rollup) => {
    const table = catalog.find(({ name }) => name === rollup.source)
    return table?.columns.some(({ name }) => name === rollup.column) ? [{ rollup, table }] : []
  })
}

const columnsOf = ({ key }: Table, rollup: Rollup): string =>
  [...key.map(quoted), quoted(rollup.column), VERSION, IS_DELETED].join(', ')

/** Tables and the materialized views that fill them; they exist before the first row comes. */
export function rollupTables(database: string, catalog: readonly Table[]): string[] {
  return known(catalog).flatMap(({ rollup, table }) => {
    const keys = table.columns
      .filter(({ name }) => table.key.includes(name))
      .map((column) => `${quoted(column.name)} ${storedType(table, column)}`)
    const { type } = table.columns.find(({ name }) => name === rollup.column)!
    const grouped = type.kind === 'text' ? 'LowCardinality(Nullable(String))' : `Nullable(${exactType(type)})`
    return [
      `CREATE TABLE IF NOT EXISTS ${at(database, rollup.name)} (
  ${keys.join(', ')}, ${quoted(rollup.column)} ${grouped}, ${VERSION} UInt256, ${IS_DELETED} UInt8
) ENGINE = ReplacingMergeTree(${VERSION}, ${IS_DELETED}) ORDER BY (${table.key.map(quoted).join(', ')})`,
      `CREATE MATERIALIZED VIEW IF NOT EXISTS ${at(database, `${rollup.name}_mv`)} TO ${at(database, rollup.name)} AS
SELECT ${columnsOf(table, rollup)} FROM ${at(database, table.name)}`,
    ]
  })
}

/** Fills a rollup that was made after its source had rows; running it twice changes nothing. */
export function backfillSql(database: string, catalog: readonly Table[]): string[] {
  return known(catalog).map(({ rollup, table }) => {
    const columns = columnsOf(table, rollup)
    return `INSERT INTO ${at(database, rollup.name)} (${columns}) SELECT ${columns} FROM ${at(database, table.name)}
WHERE (SELECT count() FROM ${at(database, rollup.name)}) = 0`
  })
}

/** What readers ask: exact at any moment, over the narrow table alone. */
export function rollupViews(database: string, catalog: readonly Table[]): string[] {
  return known(catalog).map(({ rollup: { name, source, column, view, counted, names } }) => {
    const group = quoted(column)
    const counts = `SELECT ${group}, count() AS ${quoted(counted)} FROM ${at(database, name)} FINAL
WHERE ${IS_DELETED} = 0 AND ${notTruncatedSql(database, source)} AND ${group} IS NOT NULL GROUP BY ${group}`
    const head = `CREATE OR REPLACE VIEW ${at(database, view)} AS`
    if (names === undefined) return `${head} ${counts}`
    return `${head} SELECT c.${group} AS ${group}, n.name AS name, c.${quoted(counted)} AS ${quoted(counted)}
FROM (${counts}) c LEFT JOIN (SELECT toNullable(${group}) AS id, name FROM ${at(database, currentView(names))}) n
ON c.${group} = n.id`
  })
}
