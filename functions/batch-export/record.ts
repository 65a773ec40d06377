import { z } from 'zod'

const object = z.object({
  name: z.string(),
  rows: z.int().min(0),
  bytes: z.int().min(0),
  /** base64, as Cloud Storage has it. */
  md5: z.string(),
})

const table = z.object({
  table: z.string(),
  /** Rows in the parts. */
  rows: z.int().min(0),
  /** Rows with a value that Parquet can't hold: they are in `refused`, and not in the parts. */
  refusedRows: z.int().min(0),
  columns: z.array(z.object({ name: z.string(), pgType: z.string(), type: z.string() })),
  parts: z.array(object),
  refused: z.array(object),
})

const snapshot = z.object({
  /** Every transaction seen has committed below it. */
  lsn: z.string(),
  /** ISO 8601 UTC. */
  at: z.string(),
  /** `xmin:xmax:xip,…` */
  transactions: z.string(),
})

/** All tables of one export: what makes it whole, written when every part is there. */
export const recordSchema = z.object({
  version: z.literal(1),
  /** Names the export. */
  id: z.string(),
  /** UTC, YYYYMMDD. */
  day: z.string().regex(/^\d{8}$/),
  snapshot,
  finishedAt: z.string(),
  tables: z.array(table),
  /** Tables of the catalog that PostgreSQL does not have, or does not let us read. */
  missing: z.array(z.string()),
})

export type ExportRecord = z.output<typeof recordSchema>
export type TableExport = z.output<typeof table>
export type ExportObject = z.output<typeof object>
export type SnapshotOf = z.output<typeof snapshot>

/** `_manifest.json` of one table: what its folder holds, all from one snapshot. */
export function manifestOf(record: ExportRecord, one: TableExport): string {
  const { version, id, day, snapshot: from, finishedAt } = record
  return `${JSON.stringify({ version, id, day, snapshot: from, finishedAt, ...one }, null, 2)}\n`
}
