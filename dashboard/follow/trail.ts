import { PipelineError } from '@pipeline/hospital/errors.ts'
import { instant } from '../health/marts.ts'
import { shared } from '../health/source.ts'
import type { Columns, Query, RowOf } from '../reports/query.ts'
import type { ReportStore } from '../reports/store.ts'
import { AnswerCache } from '../server/cache.ts'
import { checkFollowed } from './http.ts'
import {
  capturedSteps,
  type Followed,
  type Follower,
  inLake,
  inReports,
  notKnown,
  notYet,
  type Step,
  there,
} from './steps.ts'

export interface TrailOptions {
  /** The views over the raw log, one a table, and over the ledger of loads. */
  trail: ReportStore
  marts: ReportStore
  now?: () => Date
  askEveryMs?: number
}

/** Most changes that people follow are new ones: only where there is none the whole log is looked at. */
const RECENT_DAYS = 30
/** The page asks every few seconds while a step is open; loads come every few minutes. */
const ASK_EVERY_MS = 15_000
const MOST_KEPT = 100

/** The newest change of a row. */
export function newestChange(table: string, key: string, since: string | null) {
  return {
    sql: `select op, change_sequence, cast(committed_at as string) as committed_at, cast(captured_at as string) as captured_at,
  kafka_topic, cast(kafka_partition as string) as kafka_partition, cast(kafka_offset as string) as kafka_offset,
  cast(loaded_at as string) as loaded_at
from {mart}${table}
where row_key = @key${since === null ? '' : ' and committed_at >= cast(@since_day as timestamp)'}
order by change_sequence desc, loaded_at
limit 1`,
    params: {
      key: { type: 'text', value: key },
      ...(since === null ? {} : { since_day: { type: 'date', value: since } }),
    },
    columns: {
      op: 'text',
      change_sequence: 'text',
      committed_at: 'text',
      captured_at: 'text',
      kafka_topic: 'text',
      kafka_partition: 'text',
      kafka_offset: 'text',
      loaded_at: 'text',
    },
  } as const satisfies Query
}
type Change = RowOf<ReturnType<typeof newestChange>['columns']>

/** The first object of the lake that has a change. */
export function objectOfChange(
  table: string,
  change: Pick<Change, 'kafka_topic' | 'kafka_partition' | 'kafka_offset'>,
) {
  const { kafka_topic: topic, kafka_partition: partition, kafka_offset: offset } = change
  return {
    sql: `select object, cast(stored_at as string) as stored_at
from {mart}load_objects
where table_name = @table_name and state = 'done' and kafka_topic = @topic and kafka_partition = @kafka_partition
  and first_offset <= @kafka_offset and last_offset >= @kafka_offset
order by stored_at
limit 1`,
    params: {
      table_name: { type: 'text', value: table },
      topic: { type: 'text', value: topic! },
      kafka_partition: { type: 'bigint', value: partition! },
      kafka_offset: { type: 'bigint', value: offset! },
    },
    columns: { object: 'text', stored_at: 'text' },
  } as const satisfies Query
}

/** Until which load the marts have every change of a table, and when they were built. */
export function martsUntil(table: string) {
  return {
    sql: `select cast(loaded_until as string) as loaded_until, cast(built_at as string) as built_at
from {mart}pipeline_health
where table_name = @table_name`,
    params: { table_name: { type: 'text', value: table } },
    columns: { loaded_until: 'text', built_at: 'text' },
  } as const satisfies Query
}

async function first<C extends Columns>(
  store: ReportStore,
  query: Query<C>,
  part: string,
): Promise<RowOf<C> | undefined> {
  try {
    return (await store.rows(query))[0]
  } catch (error) {
    if (part === 'marts' && error instanceof PipelineError && error.code === 'REPORTS_MISSING')
      return undefined
    const reason = error instanceof PipelineError ? (error.context.reason ?? error.code) : undefined
    throw new PipelineError('FOLLOW_UNAVAILABLE', { part, reason }, error)
  }
}

function lakeStep(object: { object: string | null; stored_at: string | null } | undefined): Step {
  if (!object?.object) return notKnown('lake', 'Lake', 'no load names its object')
  return inLake(object.object, instant(object.stored_at))
}

function stepsOf(
  table: string,
  change: Change,
  object: Parameters<typeof lakeStep>[0],
  reports: Step,
): Step[] {
  const { kafka_topic: topic, kafka_partition: partition, kafka_offset: offset } = change
  return [
    ...capturedSteps({
      committedAt: instant(change.committed_at),
      capturedAt: instant(change.captured_at),
      sequence: change.change_sequence ?? '',
    }),
    there('kafka', 'Kafka and Pub/Sub', null, `${topic}, partition ${partition}, offset ${offset}`),
    lakeStep(object),
    there(
      'warehouse',
      'Warehouse',
      instant(change.loaded_at),
      `raw.${table}_changes; what is not loaded yet is not known here`,
    ),
    reports,
  ]
}

/**
 * Follows the newest change that the warehouse has of a row: what has not been loaded yet is not known here. It reads
 * views without rows, and so can't show one.
 */
export function trailFollower({
  trail,
  marts,
  now = () => new Date(),
  askEveryMs = ASK_EVERY_MS,
}: TrailOptions): Follower {
  const newest = async (table: string, key: string): Promise<Change | undefined> => {
    const since = new Date(now().getTime() - RECENT_DAYS * 86_400_000).toISOString().slice(0, 10)
    return (
      (await first(trail, newestChange(table, key, since), 'warehouse')) ??
      (await first(trail, newestChange(table, key, null), 'warehouse'))
    )
  }
  const reportsStep = async (table: string, loadedAt: string | null): Promise<Step> => {
    const built = await first(marts, martsUntil(table), 'marts')
    const [until, loaded] = [instant(built?.loaded_until ?? null), instant(loadedAt)]
    return until !== null && loaded !== null && loaded <= until
      ? inReports(instant(built!.built_at))
      : notYet('reports', 'Marts and reports', 'waits for the next run of dbt')
  }
  const look = async (table: string, key: string): Promise<Followed | undefined> => {
    const change = await newest(table, key)
    if (!change) return undefined
    const [object, reports] = await Promise.all([
      first(trail, objectOfChange(table, change), 'warehouse'),
      reportsStep(table, change.loaded_at),
    ])
    return { table, key, op: change.op ?? '', steps: stepsOf(table, change, object, reports) }
  }
  const askers = new AnswerCache<() => Promise<Followed | undefined>>(MOST_KEPT)
  return {
    async follow(table, key) {
      checkFollowed(table, key)
      const rowKey = BigInt(key).toString()
      const ask = await askers.get(`${table} ${rowKey}`, async () =>
        shared(() => look(table, rowKey), askEveryMs),
      )
      return ask()
    },
  }
}
