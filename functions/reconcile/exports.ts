import { createHash } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseLsn } from '@pipeline/hospital/sequence.ts'
import { RECORDS } from '../batch-export/names.ts'
import type { ExportObject, ExportRecord, SnapshotOf, TableExport } from '../batch-export/record.ts'
import { readRecord } from '../batch-export/store.ts'
import type { Lake } from '../lake/port.ts'
import { literal } from '../quoting.ts'
import { comparable, type SourceColumn, typedHash } from './columns.ts'
import { differingBuckets } from './compare.ts'
import { createRows } from './current-store.ts'
import { explain } from './explain.ts'
import { addExpected, bucketsOf, createExpected, type Difference, fold } from './fold.ts'
import { readLake } from './lake-changes.ts'
import type { Ranging } from './postgres.ts'
import { size } from './ranges.ts'
import type { StoreReport } from './report.ts'
import { gapsOf, type TableInput } from './table-input.ts'
import { parseSnapshot, visibleSql } from './visibility.ts'
import { typedKey } from './warehouse-changes.ts'

/** The record of the newest whole export; undefined before the first. */
export async function newestExport(lake: Lake): Promise<ExportRecord | undefined> {
  let newest: string | undefined
  for await (const page of lake.list(RECORDS)) newest = page.at(-1)?.name ?? newest
  const day = newest && /date=(\d{8})\.json$/.exec(newest)?.[1]
  return day === undefined ? undefined : readRecord(lake, day)
}

/**
 * SQL that is true of a change which an export's snapshot saw. Rows that capture read again carry no transaction: they
 * stand at the LSN at which they were read.
 */
function seenBy({ transactions, lsn, at }: SnapshotOf): string {
  const place = parseLsn(lsn).toString(16).padStart(16, '0')
  const seen = visibleSql(parseSnapshot(transactions), at)
  return `CASE WHEN "txId" IS NULL THEN substr(sequence, 1, 16) <= '${place}' ELSE ${seen} END`
}

/** Copies a part to a file; says what is wrong with it, if anything. */
async function download(lake: Lake, part: ExportObject, path: string): Promise<string | undefined> {
  const head = await lake.head(part.name)
  const source = head && (await lake.open(head))
  if (!source) return 'is gone'
  const hash = createHash('md5')
  source.on('data', (piece: Buffer) => hash.update(piece))
  try {
    await pipeline(source, createWriteStream(path, { mode: 0o600 }))
  } catch {
    return 'is broken'
  }
  return hash.digest('base64') === part.md5 ? undefined : 'is not what was exported'
}

/** Copies keys and hashes of an export's rows. Returns what is wrong with its parts. */
async function readParts(
  { db, lake, table, tempRoot }: TableInput,
  exported: TableExport,
  columns: readonly SourceColumn[],
  into: string,
): Promise<string[]> {
  await createRows(db, into)
  const faults: string[] = []
  const folder = await mkdtemp(join(tempRoot, 'reconcile-'))
  try {
    for (const part of exported.parts) {
      const path = join(folder, 'part.parquet')
      const fault = await download(lake, part, path)
      if (fault) faults.push(`${part.name} ${fault}`)
      if (fault && fault !== 'is not what was exported') continue
      const rows = await db
        .run(
          `INSERT INTO ${into} SELECT ${typedKey(table)}, '', ${typedHash(columns)}, 1 FROM read_parquet(${literal(path)})`,
        )
        .catch(() => undefined)
      if (rows === undefined) faults.push(`${part.name} can't be read`)
      else if (rows !== part.rows) faults.push(`${part.name} has ${rows} rows and not ${part.rows}`)
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  return faults
}

interface Found {
  differences: Difference[]
  total: number
  /** Keys of which the lake can't tell what the snapshot saw. */
  untold: number
}

/**
 * The keys whose exported row is not what the lake's changes give at the export's snapshot. A row that no change
 * touched since may also be right by PostgreSQL itself, and then it is the lake that is wrong.
 */
async function differencesOf(
  { db, source, table }: TableInput,
  ranging: Ranging,
  columns: readonly SourceColumn[],
  names: { rows: string; expected: string; changes: string; seen: string },
  inPostgres: boolean,
): Promise<Found> {
  const [found, expected] = [
    await bucketsOf(db, names.rows, ranging),
    await bucketsOf(db, names.expected, ranging),
  ]
  const buckets = differingBuckets(expected, found)
  if (buckets.length === 0) return { differences: [], total: 0, untold: 0 }
  await createExpected(db)
  if (inPostgres)
    for await (const page of source.rows(table, columns, ranging, buckets)) await addExpected(db, page)
  await db.run(`CREATE OR REPLACE TABLE export_judged AS
    WITH since AS (SELECT row_key, bool_or("txId" IS NULL) AS again FROM ${names.changes} WHERE NOT (${names.seen}) GROUP BY row_key),
      everything AS (SELECT count(*) > 0 AS changed, coalesce(bool_or(again), false) AS again FROM since WHERE row_key IS NULL),
      d AS (SELECT coalesce(x.row_key, e.row_key) AS key, x.hash,
          CASE WHEN x.row_key IS NULL THEN 'missing' WHEN e.row_key IS NULL THEN 'extra' ELSE 'changed' END AS kind
        FROM ${names.rows} x FULL OUTER JOIN ${names.expected} e ON x.row_key = e.row_key
        WHERE x.hash IS DISTINCT FROM e.hash)
    SELECT d.key, d.kind, coalesce(s.again, false) OR v.again AS untold
    FROM d LEFT JOIN since s ON s.row_key = d.key LEFT JOIN expected p ON p.row_key = d.key, everything v
    WHERE NOT (${inPostgres} AND s.row_key IS NULL AND NOT v.changed AND p.hash IS NOT DISTINCT FROM d.hash)`)
  const rows = await db.rows<Difference & { total: number }>(
    `SELECT key, NULL AS sequence, kind, (count(*) OVER ())::INTEGER AS total FROM export_judged WHERE NOT untold
     ORDER BY length(key), key LIMIT 1000`,
  )
  const [count] = await db.rows<{ untold: number }>(
    'SELECT count(*)::INTEGER AS untold FROM export_judged WHERE untold',
  )
  return { differences: rows, total: rows[0]?.total ?? 0, untold: count!.untold }
}

function sameColumns(a: readonly SourceColumn[], b: readonly SourceColumn[]): boolean {
  return a.length === b.length && a.every(({ name, type }, i) => name === b[i]!.name && type === b[i]!.type)
}

const NOTHING = { differences: [], more: 0, contradicted: new Set<string>(), open: 0, faults: [] }

/** Compares the newest whole export of a table with what it should hold as of its own snapshot. It may be old. */
export async function reconcileExport(input: TableInput, ranging: Ranging): Promise<StoreReport> {
  const { db, table, lake, objects, tempRoot } = input
  const record = input.exported
  if (!record) return explain({ store: 'exports', rows: 0, ...NOTHING, notes: ['no export yet'] })
  const { snapshot } = record
  const exported = record.tables.find((each) => each.table === table)
  const asOf = `as of LSN ${snapshot.lsn}, ${snapshot.at}`
  if (!exported) {
    const faults = ['the newest export lacks the table']
    return explain({ store: 'exports', rows: 0, ...NOTHING, faults, notes: [asOf] })
  }
  const all = exported.columns.map(({ name, pgType }) => ({ name, type: pgType }))
  // Parquet holds an array as PostgreSQL's own text, which is not that of its JSON.
  const { compared } = comparable(all.filter(({ type }) => !type.startsWith('_')))
  const faults = await readParts(input, exported, compared, 'export_rows')
  if (exported.refusedRows > 0)
    faults.push(`${exported.refusedRows} rows could not be exported: see _refused`)
  const same = sameColumns(compared, input.columns)
  const changes = same ? 'lake_changes' : 'export_changes'
  if (!same) await readLake(db, lake, objects, compared, changes, tempRoot, input.memoryLimit)
  const seen = seenBy(snapshot)
  await fold(db, 'export_expected', changes, seen)
  const names = { rows: 'export_rows', expected: 'export_expected', changes, seen }
  const { differences, total, untold } = await differencesOf(input, ranging, compared, names, same)
  const [count] = await db.rows<{ n: number; since: number }>(
    `SELECT (SELECT count(*)::INTEGER FROM export_rows) AS n, (SELECT count(*)::INTEGER FROM ${changes} WHERE NOT (${seen})) AS since`,
  )
  return explain({
    store: 'exports',
    rows: count!.n,
    differences,
    more: total - differences.length,
    contradicted: new Set(),
    open: input.captured
      ? size(
          gapsOf(
            input,
            objects.map(({ name }) => name),
          ).open,
        )
      : null,
    faults,
    notes: [
      `${asOf}; ${count!.since} changes since`,
      ...(untold > 0
        ? [`${untold} rows can't be judged: capture read the table again after the export`]
        : []),
    ],
  })
}
