import { type OffsetRange, spans } from '../overlap.ts'
import type { StagedObject } from '../port.ts'
import type { Datasets } from './ensure.ts'
import type { Pack } from './pack.ts'
import { literal, quoted } from './sql.ts'

const DAY_MS = 86_400_000

export const rawTable = (datasets: Datasets, table: string): string =>
  quoted(datasets.raw, `${table}_changes`)
export const ledgerTable = (datasets: Datasets): string => quoted(datasets.raw, 'load_objects')
export const stagingName = ({ table, id }: Pack): string => `${table}_${id}`

/** True of ledger rows that may hold some of the offsets. */
export function meets(ranges: readonly OffsetRange[]): string {
  const each = spans(ranges).map(
    ({ topic, partition, firstOffset, lastOffset }) =>
      `(topic = ${literal(topic)} AND \`partition\` = ${partition} AND firstOffset <= ${lastOffset} AND lastOffset >= ${firstOffset})`,
  )
  return each.length === 0 ? 'FALSE' : `(${each.join(' OR ')})`
}

/** True of commits on some days; constants, so that only these partitions are read. */
function onDays(days: readonly string[]): string {
  const iso = (day: string) => `${day.slice(0, 4)}-${day.slice(4, 6)}-${day.slice(6)}`
  const starts = [...new Set(days)].sort().map((day) => Date.parse(`${iso(day)}T00:00:00Z`))
  const runs: { from: number; to: number }[] = []
  for (const start of starts) {
    const last = runs.at(-1)
    if (last?.to === start) last.to = start + DAY_MS
    else runs.push({ from: start, to: start + DAY_MS })
  }
  const text = (time: number) => `TIMESTAMP '${new Date(time).toISOString().slice(0, 10)} 00:00:00+00'`
  const each = runs.map(({ from, to }) => `(committedAt >= ${text(from)} AND committedAt < ${text(to)})`)
  return each.length === 0 ? 'FALSE' : `(${each.join(' OR ')})`
}

/** Staged lines with `fresh`: whether this is the first that holds its offset, and the log has none. */
function judged(datasets: Datasets, pack: Pack): string {
  const staged = quoted(datasets.loads, stagingName(pack))
  if (pack.overlapping.size === 0) return `SELECT *, TRUE AS fresh FROM ${staged}`
  const ranges = [...pack.overlapping].map((index) => pack.objects[index]!.name)
  const offsets = spans(ranges).map(
    ({ topic, partition, firstOffset, lastOffset }) =>
      `(topic = ${literal(topic)} AND \`partition\` = ${partition} AND \`offset\` BETWEEN ${firstOffset} AND ${lastOffset})`,
  )
  return `SELECT s.*, s._n IS NULL OR (there.known IS NULL AND ROW_NUMBER() OVER (
      PARTITION BY s.topic, s.\`partition\`, s.\`offset\` ORDER BY s._n) = 1) AS fresh
    FROM ${staged} AS s LEFT JOIN (
      SELECT DISTINCT topic, \`partition\`, \`offset\`, TRUE AS known FROM ${rawTable(datasets, pack.table)}
      WHERE ${onDays(pack.days)} AND (${offsets.join(' OR ')})
    ) AS there ON s.topic = there.topic AND s.\`partition\` = there.\`partition\` AND s.\`offset\` = there.\`offset\``
}

/** JSON that keeps every number as it is, or is none: `exact` refuses a number that BigQuery's JSON would round. */
const json = (column: string): string => `PARSE_JSON(${column}, wide_number_mode => 'exact')`

/** What the staged lines hold, an object that may overlap by itself and all others as -1. */
export function judgeSql(datasets: Datasets, pack: Pack): string {
  const unreadable = ['key', '`row`'].map(
    (column) => `(${column} IS NOT NULL AND SAFE.${json(column)} IS NULL)`,
  )
  return `SELECT CAST(COALESCE(_n, -1) AS STRING) AS n, CAST(COUNT(*) AS STRING) AS \`lines\`,
      CAST(COUNTIF(fresh) AS STRING) AS fresh, CAST(COUNTIF(${unreadable.join(' OR ')}) AS STRING) AS unreadable
    FROM (${judged(datasets, pack)}) GROUP BY n`
}

const COLUMNS = [
  '`table`',
  'op',
  'key',
  '`row`',
  'row_key',
  'sequence',
  'txId',
  'committedAt',
  'capturedAt',
  'topic',
  '`partition`',
  '`offset`',
  'loadedAt',
]

/**
 * One transaction: rows into the log and their objects to done, unless the ledger is no longer as it was when the pack
 * was judged. BigQuery aborts one of two transactions that update the ledger, so of two loads at once one comes after.
 */
export function applySql(datasets: Datasets, pack: Pack, rows: readonly number[], jobId: string): string {
  const ledger = ledgerTable(datasets)
  const names = pack.objects.map(({ object }) => literal(object.name)).join(', ')
  const mine = `loadId = ${literal(pack.loadId)} AND state = 'planned' AND object IN (${names})`
  const state = ({ part }: StagedObject) => literal(part?.last === false ? 'planned' : 'done')
  const marks = pack.objects.map((each, index) =>
    index === 0
      ? `STRUCT(${literal(each.object.name)} AS object, ${each.object.generation} AS generation, ${rows[index]} AS n, ${state(each)} AS state)`
      : `STRUCT(${literal(each.object.name)}, ${each.object.generation}, ${rows[index]}, ${state(each)})`,
  )
  return `DECLARE clear BOOL DEFAULT FALSE;
BEGIN TRANSACTION;
SET clear = (SELECT COUNTIF(${mine}) = ${pack.objects.length} AND COUNTIF(state = 'done' AND ${meets(pack.ranges)}) = ${pack.done}
  FROM ${ledger} WHERE tableName = ${literal(pack.table)});
IF clear THEN
  INSERT INTO ${rawTable(datasets, pack.table)} (${COLUMNS.join(', ')})
  SELECT ${literal(pack.table)}, op, ${json('key')}, ${json('`row`')}, row_key, sequence, txId, committedAt, capturedAt,
    topic, \`partition\`, \`offset\`, CURRENT_TIMESTAMP()
  FROM (${judged(datasets, pack)}) WHERE fresh;
  UPDATE ${ledger} AS l SET state = m.state, \`rows\` = COALESCE(l.\`rows\`, 0) + m.n, doneAt = CURRENT_TIMESTAMP(), appliedBy = ${literal(jobId)}
  FROM UNNEST([${marks.join(', ')}]) AS m
  WHERE l.tableName = ${literal(pack.table)} AND l.loadId = ${literal(pack.loadId)} AND l.state = 'planned'
    AND l.object = m.object AND l.generation = m.generation;
END IF;
COMMIT TRANSACTION;
SELECT clear AS applied;`
}
