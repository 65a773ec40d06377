import { PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import { changesPrefix } from '@pipeline/hospital/lake-names.ts'
import type { LakeObject } from '../lake/port.ts'
import { type CompactDeps, compactGroup } from './group.ts'
import { groupsOf, type PlanLimits } from './plan.ts'

export interface TableReport {
  /** Objects that were deleted because others hold what they held. */
  replaced: number
  /** Objects that were written. */
  written: number
  /** Changes in them. */
  changes: number
  /** What is left alone, and why. */
  errors: ReturnType<typeof safeError>[]
}

export interface CompactReport {
  tables: Record<string, TableReport>
  /** Time was up before all was done; the next run goes on. */
  more: boolean
}

/**
 * Joins the small objects of days that are over, table by table, until nothing is left or `deadline` (ms since the
 * epoch) has passed. What fails is told of and left as it is, and the rest goes on.
 */
export async function compactLake(
  deps: CompactDeps,
  tables: readonly string[],
  limits: PlanLimits,
  deadline: number,
): Promise<CompactReport> {
  const report: CompactReport = { tables: {}, more: false }
  for (const table of tables) {
    const sum: TableReport = { replaced: 0, written: 0, changes: 0, errors: [] }
    report.tables[table] = sum
    const fail = (error: unknown, where: object) => {
      sum.errors.push(safeError(error))
      deps.log.error({ table, ...where, error: safeError(error) }, 'objects of the lake are not joined')
    }
    try {
      for (const group of groupsOf(await listAll(deps, table), limits)) {
        if (Date.now() >= deadline) {
          report.more = true
          break
        }
        const { day, topic, partition } = group
        const where = { day, topic, partition }
        try {
          const { errors, written, ...done } = await compactGroup(deps, group)
          for (const error of errors) fail(error, where)
          sum.replaced += done.replaced
          sum.changes += done.changes
          sum.written += written.length
          deps.log.info({ table, ...where, ...done, written }, 'objects of the lake are joined')
        } catch (error) {
          fail(error, where)
        }
      }
    } catch (error) {
      fail(error, {})
    }
  }
  return report
}

async function listAll({ lake }: CompactDeps, table: string): Promise<LakeObject[]> {
  const objects: LakeObject[] = []
  for await (const page of lake.list(changesPrefix(table))) objects.push(...page)
  return objects
}

/** 200 when all went well; 500 when something needs a person, 503 when another run can mend it. */
export function statusOf({ tables }: CompactReport): 200 | 500 | 503 {
  const errors = Object.values(tables).flatMap((table) => table.errors)
  if (errors.length === 0) return 200
  return errors.every(({ code }) => code === 'LAKE_UNAVAILABLE') ? 503 : 500
}

/** The day before the one that `now` (ms since the epoch) lies in, UTC, as YYYYMMDD. */
export function dayBefore(now: number): string {
  return new Date(now - 86_400_000).toISOString().slice(0, 10).replaceAll('-', '')
}

/** Reads a request: `{}` or `{"throughDay": "YYYYMMDD", "minAgeHours": n}`. Throws REQUEST_INVALID. */
export function readRequest(body: string, now: number, minAgeHours: number) {
  const invalid = () =>
    new PipelineError('REQUEST_INVALID', {
      expected: '{"throughDay"?: "YYYYMMDD", "minAgeHours"?: 0 or more}',
    })
  let parsed: unknown
  try {
    parsed = JSON.parse(body === '' ? '{}' : body)
  } catch {
    throw invalid()
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw invalid()
  const { throughDay = dayBefore(now), minAgeHours: age = minAgeHours } = parsed as Record<string, unknown>
  if (typeof throughDay !== 'string' || !/^\d{8}$/.test(throughDay)) throw invalid()
  if (typeof age !== 'number' || !(age >= 0)) throw invalid()
  return { throughDay, storedBefore: now - age * 3_600_000 + (age === 0 ? 3_600_000 : 0) }
}
