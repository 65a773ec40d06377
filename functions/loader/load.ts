import { safeError } from '@pipeline/hospital/errors.ts'
import { changesPrefix } from '@pipeline/hospital/lake-names.ts'
import type { LakeObject } from '../lake/port.ts'
import { carryOut, type GroupOutcome, type LoaderDeps } from './group.ts'

export interface TableReport extends GroupOutcome {
  /** Objects marked done, rows inserted, duplicates left out and broken objects by this call. */
  seconds: number
  /** Time was up, or the table failed, before all was loaded. */
  more: boolean
  error?: ReturnType<typeof safeError>
}

export interface LoadReport {
  tables: Record<string, TableReport>
  totals: GroupOutcome & { seconds: number }
  more: boolean
}

type Sum = GroupOutcome & { more: boolean }

/** A folder's placeholder, as consoles make it, holds nothing. */
function isPlaceholder({ name, size }: LakeObject): boolean {
  return name.endsWith('/') && size === 0
}

/** Objects that the ledger does not know, in groups no larger than the limits. */
async function* freshGroups(deps: LoaderDeps, table: string): AsyncGenerator<LakeObject[]> {
  const { lake, warehouse, limits } = deps
  let group: LakeObject[] = []
  let bytes = 0
  for await (const page of lake.list(changesPrefix(table))) {
    const fresh = await warehouse.unknown(table, page)
    for (const object of fresh) {
      if (isPlaceholder(object)) continue
      if (group.length > 0 && (group.length >= limits.objects || bytes + object.size > limits.bytes)) {
        yield group
        group = []
        bytes = 0
      }
      group.push(object)
      bytes += object.size
    }
  }
  if (group.length > 0) yield group
}

/** One table's load in steps, each a planned load or a group; `deps` gives the warehouse that is open at the time. */
async function* steps(deps: LoaderDeps, table: string, sum: Sum): AsyncGenerator<void> {
  const add = (outcome: GroupOutcome) => {
    for (const field of ['objects', 'rows', 'duplicates', 'broken'] as const) sum[field] += outcome[field]
  }
  for (const plan of await deps.warehouse.planned(table)) {
    add(await carryOut(deps, plan))
    yield
  }
  for await (const group of freshGroups(deps, table)) {
    const plan = await deps.warehouse.plan(table, group)
    if (plan) add(await carryOut(deps, plan))
    yield
  }
  sum.more = false
}

/**
 * Loads what the lake has and the ledger has not, table by table, until nothing is left or `deadline` (ms since the
 * epoch) has passed. A table that fails does not stop the others; its report carries the error.
 */
export async function loadTables(
  deps: LoaderDeps,
  tables: readonly string[],
  deadline: number,
): Promise<LoadReport> {
  const now = deps.now ?? Date.now
  const open = { ...deps }
  const loads = tables.map((table) => {
    const sum: Sum = { objects: 0, rows: 0, duplicates: 0, broken: 0, more: true }
    return {
      table,
      sum,
      steps: steps(open, table, sum),
      seconds: 0,
      done: false,
      error: undefined as Failure,
    }
  })
  const step = async (load: (typeof loads)[number]): Promise<void> => {
    const started = now()
    try {
      load.done = (await load.steps.next()).done === true
    } catch (cause) {
      load.done = true
      load.error = safeError(cause)
      deps.log.error({ table: load.table, error: load.error }, 'table is not loaded whole')
    }
    load.seconds += (now() - started) / 1000
  }
  // A round takes a step of each table with the warehouse opened once; between rounds others get their turn.
  while (loads.some(({ done }) => !done) && now() < deadline) {
    const round = loads.filter(({ done }) => !done)
    try {
      await deps.warehouse.together(async (warehouse) => {
        open.warehouse = warehouse
        for (const load of round) if (now() < deadline) await step(load)
      })
    } catch (cause) {
      for (const load of round) {
        load.done = true
        load.error ??= safeError(cause)
      }
      deps.log.error({ error: safeError(cause) }, 'the warehouse could not be opened')
    }
  }
  for (const load of loads) if (!load.done) await load.steps.return(undefined)
  return reportOf(loads)
}

type Failure = ReturnType<typeof safeError> | undefined

function reportOf(
  loads: readonly { table: string; sum: Sum; seconds: number; error: Failure }[],
): LoadReport {
  const report: LoadReport = {
    tables: {},
    totals: { objects: 0, rows: 0, duplicates: 0, broken: 0, seconds: 0 },
    more: false,
  }
  for (const { table, sum, seconds: exact, error } of loads) {
    const seconds = Math.round(exact * 1000) / 1000
    report.tables[table] = { ...sum, seconds, ...(error === undefined ? {} : { error }) }
    for (const field of ['objects', 'rows', 'duplicates', 'broken'] as const)
      report.totals[field] += sum[field]
    report.totals.seconds = Math.round((report.totals.seconds + seconds) * 1000) / 1000
    report.more ||= sum.more
  }
  return report
}

/** A table of the report that failed in a way that only a person can mend gives 500, any other failure 503. */
export function statusOf(report: LoadReport): 200 | 500 | 503 {
  const errors = Object.values(report.tables).flatMap(({ error }) => (error ? [error] : []))
  if (errors.length === 0) return 200
  return errors.every(({ code }) => isPassing(code)) ? 503 : 500
}

function isPassing(code: string): boolean {
  return /^((LAKE|WAREHOUSE|PUBSUB)_UNAVAILABLE|WAREHOUSE_QUOTA_SPENT)$/.test(code)
}
