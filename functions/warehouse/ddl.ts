import type { Table } from '@pipeline/hospital/catalog.ts'
import { quoted } from '../quoting.ts'

/** The raw change log of a table, quoted: `raw."visits_changes"`. */
export function changesTable(table: string): string {
  return `raw.${quoted(`${table}_changes`)}`
}

const CHANGE_COLUMNS = `(
  "table" TEXT NOT NULL,
  op TEXT NOT NULL,
  "key" JSON,
  "row" JSON,
  row_key TEXT,
  "sequence" TEXT NOT NULL,
  "txId" BIGINT,
  "committedAt" TIMESTAMPTZ NOT NULL,
  "capturedAt" TIMESTAMPTZ NOT NULL,
  topic TEXT NOT NULL,
  "partition" INTEGER NOT NULL,
  "offset" BIGINT NOT NULL,
  "loadedAt" TIMESTAMPTZ NOT NULL
)`

const LEDGER = `CREATE TABLE IF NOT EXISTS raw.load_objects (
  object TEXT NOT NULL,
  generation BIGINT NOT NULL,
  "tableName" TEXT NOT NULL,
  "loadId" TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('planned', 'done', 'broken')),
  "reasonCode" TEXT,
  "rows" BIGINT,
  topic TEXT,
  "partition" INTEGER,
  "firstOffset" BIGINT,
  "lastOffset" BIGINT,
  "size" BIGINT NOT NULL,
  "count" BIGINT,
  md5 TEXT,
  "storedAt" TIMESTAMPTZ NOT NULL,
  "plannedAt" TIMESTAMPTZ NOT NULL,
  "doneAt" TIMESTAMPTZ
)`

/** Statements that make what is missing of schema, ledger and change logs. */
export function duckdbDdl(tables: readonly Table[]): string[] {
  const logs = tables.map(({ name }) => `CREATE TABLE IF NOT EXISTS ${changesTable(name)} ${CHANGE_COLUMNS}`)
  return ['CREATE SCHEMA IF NOT EXISTS raw', LEDGER, ...logs]
}
