import { safeError } from '@pipeline/hospital/errors.ts'
import type { ErrorLog } from '../log.ts'
import type { Query } from '../reports/query.ts'
import type { ReportStore } from '../reports/store.ts'
import type { Observation, RunState } from './observation.ts'

/** Times come as texts of ISO 8601 in UTC, from either engine. */
const iso = (column: string): string => `cast(${column} as string)`

export const healthQuery = {
  sql: `select ${iso('max(newest_commit_at)')} as committed_at, ${iso('max(newest_load_at)')} as loaded_at,
  ${iso('max(built_at)')} as built_at, max(dead_letters) as dead_letters,
  ${iso('max(last_reconcile_at)')} as reconcile_at, max(last_reconcile_status) as reconcile_status
from {mart}pipeline_health`,
  params: {},
  columns: {
    committed_at: 'text',
    loaded_at: 'text',
    built_at: 'text',
    dead_letters: 'count',
    reconcile_at: 'text',
    reconcile_status: 'text',
  },
} as const satisfies Query

export const lastRunsQuery = {
  sql: `select kind, ${iso('finished_at')} as finished_at, status, failed
from (select kind, finished_at, status, failed, row_number() over (partition by kind order by finished_at desc) as place
  from {mart}pipeline_runs where finished_at is not null) as runs
where place = 1`,
  params: {},
  columns: { kind: 'text', finished_at: 'text', status: 'text', failed: 'count' },
} as const satisfies Query

/** `2026-03-01 10:00:00+00` of either engine as `2026-03-01T10:00:00.000Z`. */
export function instant(text: string | null): string | null {
  if (text === null) return null
  const whole = text.replace(' ', 'T').replace(/\+00(:?00)?$/, 'Z')
  const time = Date.parse(/Z$/.test(whole) ? whole : `${whole}Z`)
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}

/** What the marts say of the pipeline: freshness, dead letters, last runs. */
export function martsObservation(store: ReportStore, log: ErrorLog): () => Promise<Partial<Observation>> {
  return async () => {
    try {
      const [[seen], runs] = await Promise.all([store.rows(healthQuery), store.rows(lastRunsQuery)])
      const run = (kind: string): RunState | null => {
        const found = runs.find((each) => each.kind === kind)
        const finished = instant(found?.finished_at ?? null)
        return finished ? { at: finished, result: found?.status ?? 'failed', failed: [] } : null
      }
      return {
        deadLetters: seen?.dead_letters ?? null,
        warehouse: {
          committedAt: instant(seen?.committed_at ?? null),
          loadedAt: instant(seen?.loaded_at ?? null),
          publishedAt: instant(seen?.built_at ?? null),
          rows: null,
        },
        reconcile: run('reconcile'),
        dbt: run('dbt'),
      }
    } catch (error) {
      log.error({ error: safeError(error) }, 'the marts do not tell how the pipeline is')
      return { warehouse: null }
    }
  }
}
