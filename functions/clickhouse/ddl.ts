import { createHash } from 'node:crypto'
import type { Column, Table } from '@pipeline/hospital/catalog.ts'
import * as names from './names.ts'
import { rollupTables, rollupViews } from './rollups.ts'
import { notTruncatedSql } from './truncates.ts'
import { storedType } from './types.ts'

const { at, literal, quoted, VERSION, IS_DELETED, OTHER, COMMITTED_AT } = names

/** Statements that can all be run again. Tables come first: views name them. */
export interface Schema {
  tables: string[]
  /** Materialized views and the tables that they fill; they need every column of the tables. */
  rollups: string[]
  /** Replaced as a whole whenever the schema changes. */
  views: string[]
  /** Tells this schema from any other. */
  hash: string
}

/** One table of the catalog: the row with the highest version of a key is the one that counts. No partitions: a row's
 * versions must meet in one part, and a partition by a column would keep them apart when the column changes. */
function tableSql(database: string, table: Table): string {
  const columns = table.columns.map(
    (column) => `${quoted(column.name)} ${storedType(table, column)} COMMENT ${literal(column.description)}`,
  )
  return `CREATE TABLE IF NOT EXISTS ${at(database, table.name)} (
  ${columns.join(',\n  ')},
  ${OTHER} String COMMENT 'Columns that the catalog does not name yet, as a JSON object; empty for none',
  ${COMMITTED_AT} DateTime64(3, 'UTC') COMMENT 'When PostgreSQL committed the change',
  ${VERSION} UInt256 COMMENT 'The change sequence: commit LSN, LSN and ordinal in 64, 64 and 16 bits',
  ${IS_DELETED} UInt8
) ENGINE = ReplacingMergeTree(${VERSION}, ${IS_DELETED})
ORDER BY (${table.key.map(quoted).join(', ')})
COMMENT ${literal(table.description)}`
}

/** A column that the catalog gained later: older rows have its value in `_other`, where they have one. */
export function addColumnSql(database: string, table: Table, column: Column): string {
  const type = storedType(table, column)
  const value = `JSONExtract(${OTHER}, ${literal(column.name)}, ${literal(type)})`
  return `ALTER TABLE ${at(database, table.name)} ADD COLUMN IF NOT EXISTS ${quoted(column.name)} ${type}
DEFAULT ${value} COMMENT ${literal(column.description)}`
}

/** Dates and times once more in types to compute with; null where the type's range ends. */
function typedColumns({ name, type }: Column): string[] {
  const column = quoted(name)
  if (type.kind === 'date') {
    return [
      `if(${column} BETWEEN '1900-01-01' AND '2299-12-31', toDate32OrNull(${column}), NULL) AS ${quoted(`${name}_as_date`)}`,
    ]
  }
  if (type.kind === 'timestamp') {
    return [
      `if(${column} >= '1900-01-01' AND ${column} < '2299-12-31', parseDateTime64BestEffortOrNull(${column}, 6, 'UTC'), NULL) AS ${quoted(`${name}_as_time`)}`,
    ]
  }
  return []
}

function currentSql(database: string, table: Table): string {
  const columns = table.columns.map(({ name }) => quoted(name))
  const typed = table.columns.flatMap(typedColumns)
  return `CREATE OR REPLACE VIEW ${at(database, names.currentView(table.name))} AS
SELECT ${[...columns, ...typed, OTHER, COMMITTED_AT, VERSION].join(', ')}
FROM ${at(database, table.name)} FINAL
WHERE ${IS_DELETED} = 0 AND ${notTruncatedSql(database, table.name)}`
}

/** Everything that the sink needs to be there, from the catalog. */
export function schemaOf(database: string, catalog: readonly Table[]): Schema {
  const tables = [
    `CREATE DATABASE IF NOT EXISTS ${quoted(database)}`,
    `CREATE TABLE IF NOT EXISTS ${at(database, names.TRUNCATES)} (
  table_name LowCardinality(String), version UInt256, committed_at DateTime64(3, 'UTC')
) ENGINE = ReplacingMergeTree ORDER BY (table_name, version)
COMMENT 'Truncates: each ends all rows of its table with a lower version'`,
    `CREATE TABLE IF NOT EXISTS ${at(database, names.CHANGE_BATCHES)} (
  topic LowCardinality(String), partition Int32, first_offset Int64, last_offset Int64,
  changes UInt32, refused UInt32, stored_at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = ReplacingMergeTree ORDER BY (topic, partition, first_offset, last_offset)
COMMENT 'Batches whose changes are all stored: written after them'`,
    `CREATE TABLE IF NOT EXISTS ${at(database, names.SCHEMA_VERSIONS)} (
  hash String, applied_at DateTime64(6, 'UTC') DEFAULT now64(6)
) ENGINE = MergeTree ORDER BY applied_at
COMMENT 'Which schema the sink made last'`,
    ...catalog.map((table) => tableSql(database, table)),
  ]
  const rollups = rollupTables(database, catalog)
  const views = [...catalog.map((table) => currentSql(database, table)), ...rollupViews(database, catalog)]
  const hash = createHash('sha256')
    .update(JSON.stringify([tables, rollups, views]))
    .digest('hex')
  return { tables, rollups, views, hash }
}
