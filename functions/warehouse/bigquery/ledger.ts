import { type Offsets, parseLakeName } from '@pipeline/hospital/lake-names.ts'
import type { LakeObject } from '../../lake/port.ts'
import { type Identity, identity, loadIdOf } from '../load-id.ts'
import type { OffsetRange } from '../overlap.ts'
import type { LoadPlan } from '../port.ts'
import type { Datasets } from './ensure.ts'
import type { Jobs } from './jobs.ts'
import { literal } from './sql.ts'
import { ledgerTable, meets, rawTable } from './statements.ts'

interface PlannedRow {
  loadId: string
  name: string
  generation: string
  size: string
  count: string | null
  md5: string | null
  storedAtMs: string
}

function lakeObject({ name, generation, size, count, md5, storedAtMs }: PlannedRow): LakeObject {
  return {
    name,
    generation,
    size: Number(size),
    storedAt: new Date(Number(storedAtMs)).toISOString(),
    ...(md5 === null ? {} : { md5 }),
    ...(count === null ? {} : { count: Number(count) }),
  }
}

const PLANNED = `loadId AS loadId, object AS name, CAST(generation AS STRING) AS generation, CAST(size AS STRING) AS size,
  CAST(\`count\` AS STRING) AS \`count\`, md5 AS md5, CAST(UNIX_MILLIS(storedAt) AS STRING) AS storedAtMs`

/** The ledger of objects in BigQuery. Each method is one statement, which is whole or not at all. */
export class Ledger {
  private readonly jobs: Jobs
  private readonly datasets: Datasets

  constructor(jobs: Jobs, datasets: Datasets) {
    this.jobs = jobs
    this.datasets = datasets
  }

  private get table(): string {
    return ledgerTable(this.datasets)
  }

  async planned(table: string, loadId?: string): Promise<LoadPlan[]> {
    const one = loadId === undefined ? '' : 'AND loadId = @loadId'
    const rows = await this.jobs.query<PlannedRow>(
      'read planned loads',
      `SELECT ${PLANNED} FROM ${this.table} WHERE tableName = @table AND state = 'planned' ${one}
       ORDER BY plannedAt, loadId, object`,
      { table, ...(loadId === undefined ? {} : { loadId }) },
    )
    const plans = Map.groupBy(rows, (row) => row.loadId)
    return [...plans].map(([id, members]) => ({ loadId: id, table, objects: members.map(lakeObject) }))
  }

  /** The ledger's rows of a page lie between its first and last name, since the lake lists by name. */
  async unknown(table: string, page: readonly LakeObject[]): Promise<LakeObject[]> {
    if (page.length === 0) return []
    const names = page.map(({ name }) => name).sort()
    const rows = await this.jobs.query<Identity>(
      'read the ledger',
      `SELECT object AS name, CAST(generation AS STRING) AS generation FROM ${this.table}
       WHERE tableName = @table AND object BETWEEN @first AND @last`,
      { table, first: names[0]!, last: names.at(-1)! },
    )
    const known = new Set(rows.map(identity))
    return page.filter((object) => !known.has(identity(object)))
  }

  /** Of two plans at once, each object goes to one. */
  async plan(table: string, objects: readonly LakeObject[]): Promise<LoadPlan | undefined> {
    const fresh = await this.unknown(table, objects)
    if (fresh.length === 0) return undefined
    const loadId = loadIdOf(table, fresh)
    const entries = fresh.map((object) => ({ ...object, ...parseLakeName(object.name), table: undefined }))
    const whole = (name: string) => `CAST(JSON_VALUE(e, '$.${name}') AS INT64) AS \`${name}\``
    const text = (name: string) => `JSON_VALUE(e, '$.${name}') AS ${name}`
    await this.jobs.query(
      'plan a load',
      `MERGE ${this.table} AS l USING (
         SELECT ${text('name')}, ${whole('generation')}, ${text('topic')}, ${whole('partition')}, ${whole('firstOffset')},
           ${whole('lastOffset')}, ${whole('size')}, ${whole('count')}, ${text('md5')}, ${whole('storedAtMs')}
         FROM UNNEST(JSON_QUERY_ARRAY(PARSE_JSON(@entries))) AS e
       ) AS o ON l.tableName = @table AND l.object = o.name AND l.generation = o.generation
       WHEN NOT MATCHED THEN INSERT (object, generation, tableName, loadId, state, topic, \`partition\`, firstOffset,
         lastOffset, size, \`count\`, md5, storedAt, plannedAt)
       VALUES (o.name, o.generation, @table, @loadId, 'planned', o.topic, o.\`partition\`, o.firstOffset, o.lastOffset,
         o.size, o.\`count\`, o.md5, TIMESTAMP_MILLIS(o.storedAtMs), CURRENT_TIMESTAMP())`,
      {
        table,
        loadId,
        entries: JSON.stringify(
          entries.map((entry) => ({ ...entry, storedAtMs: Date.parse(entry.storedAt) })),
        ),
      },
    )
    const mine = (await this.planned(table, loadId)).flatMap((plan) => plan.objects)
    const asked = new Set(fresh.map(identity))
    const kept = mine.filter((object) => asked.has(identity(object)))
    return kept.length === 0 ? undefined : { loadId, table, objects: kept }
  }

  async markBroken({ loadId, table }: LoadPlan, { name, generation }: Identity, code: string): Promise<void> {
    await this.jobs.query(
      'give an object up',
      `UPDATE ${this.table} SET state = 'broken', reasonCode = @code, doneAt = CURRENT_TIMESTAMP()
       WHERE tableName = @table AND loadId = @loadId AND object = @name AND generation = CAST(@generation AS INT64)
         AND state = 'planned'`,
      { table, loadId, name, generation, code },
    )
  }

  async release({ loadId, table }: LoadPlan, { name, generation }: Identity): Promise<void> {
    await this.jobs.query(
      'release an object',
      `DELETE FROM ${this.table} WHERE tableName = @table AND loadId = @loadId AND object = @name
         AND generation = CAST(@generation AS INT64) AND state = 'planned'`,
      { table, loadId, name, generation },
    )
  }

  async retry(table: string, objects: readonly string[]): Promise<number> {
    if (objects.length === 0) return 0
    const marked = `FROM ${this.table} WHERE tableName = @table AND state = 'broken' AND object IN UNNEST(@objects)`
    const given = { table, objects: [...objects] }
    const [found] = await this.jobs.query<{ n: string }>(
      'count broken objects',
      `SELECT CAST(COUNT(*) AS STRING) AS n ${marked}`,
      given,
    )
    if (found && found.n !== '0') await this.jobs.query('look at objects again', `DELETE ${marked}`, given)
    return Number(found?.n ?? 0)
  }

  async markLoaded({ loadId, table }: LoadPlan, { name, generation }: Identity): Promise<void> {
    await this.jobs.query(
      'mark an object loaded',
      `UPDATE ${this.table} SET state = 'done', \`rows\` = COALESCE(\`rows\`, 0), doneAt = CURRENT_TIMESTAMP()
       WHERE tableName = @table AND loadId = @loadId AND object = @name AND generation = CAST(@generation AS INT64)
         AND state = 'planned'`,
      { table, loadId, name, generation },
    )
  }

  /** See Warehouse.loaded. */
  async loaded(table: string, range: OffsetRange): Promise<Offsets[]> {
    const { topic, partition, firstOffset, lastOffset } = range
    const rows = await this.jobs.query<Record<'first' | 'last', string>>(
      'look which offsets are loaded',
      `SELECT CAST(MIN(o) AS STRING) AS first, CAST(MAX(o) AS STRING) AS last FROM (
         SELECT \`offset\` AS o, \`offset\` - ROW_NUMBER() OVER (ORDER BY \`offset\`) AS run
         FROM ${rawTable(this.datasets, table)}
         WHERE topic = ${literal(topic)} AND \`partition\` = ${partition}
           AND \`offset\` BETWEEN ${firstOffset} AND ${lastOffset}) GROUP BY run`,
    )
    return rows
      .map(({ first, last }) => ({ first: Number(first), last: Number(last) }))
      .sort((a, b) => a.first - b.first)
  }

  /** Objects of a load that are still planned, and ranges that are loaded and may share offsets with some. */
  async state(
    { loadId, table }: LoadPlan,
    ranges: readonly OffsetRange[],
  ): Promise<{ planned: Set<string>; done: (OffsetRange & { name: string })[] }> {
    const rows = await this.jobs.query<
      Record<'name' | 'generation' | 'state' | 'topic' | 'part' | 'first' | 'last', string>
    >(
      'read the ledger',
      `SELECT object AS name, CAST(generation AS STRING) AS generation, state AS state, topic AS topic,
         CAST(\`partition\` AS STRING) AS part, CAST(firstOffset AS STRING) AS first, CAST(lastOffset AS STRING) AS last
       FROM ${this.table} WHERE tableName = ${literal(table)}
         AND ((state = 'planned' AND loadId = ${literal(loadId)}) OR (state = 'done' AND ${meets(ranges)}))`,
    )
    const done = rows.filter(({ state }) => state === 'done')
    return {
      planned: new Set(rows.filter(({ state }) => state === 'planned').map(identity)),
      done: done.map(({ name, topic, part, first, last }) => ({
        name,
        topic,
        partition: Number(part),
        firstOffset: Number(first),
        lastOffset: Number(last),
      })),
    }
  }
}
