import { dirname, join } from 'node:path'
import type { Job } from '@google-cloud/bigquery'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { identity } from '../load-id.ts'
import { splitByOverlap } from '../overlap.ts'
import type { LoadOutcome, LoadPlan, StagedObject } from '../port.ts'
import { type LoadBudget, loadJobPrefix } from './budget.ts'
import type { Datasets } from './ensure.ts'
import { ours, reasonOf } from './errors.ts'
import { ATTEMPTS, JobFailed, type Jobs } from './jobs.ts'
import type { Ledger } from './ledger.ts'
import { type Pack, packId, withPackFile } from './pack.ts'
import { STAGED_FIELDS } from './schema.ts'
import { sum } from './sql.ts'
import { applySql, judgeSql, stagingName } from './statements.ts'

export interface Applying {
  jobs: Jobs
  ledger: Ledger
  datasets: Datasets
  budget: LoadBudget
  /** Called between the steps, for tests of crashes. */
  at?: ((point: 'loaded' | 'inserted') => void | Promise<void>) | undefined
}

const ROUNDS = 3

/** What of a plan is still to do, and how it meets what is there; undefined when all is done. */
async function packOf(
  on: Applying,
  plan: LoadPlan,
  staged: readonly StagedObject[],
): Promise<Pack | undefined> {
  const ranges = staged.map(({ name }) => name)
  const { planned, done } = await on.ledger.state(plan, ranges)
  const objects = staged.filter(({ object }) => planned.has(identity(object)))
  if (objects.length === 0) return undefined
  const ranged = objects.map(({ name }, index) => ({ ...name, index }))
  // Of an object that comes in parts, an earlier call may have inserted some already.
  const parted = ranged.filter(({ index }) => objects[index]!.part).map((range) => ({ ...range }))
  const overlapping = new Set(
    splitByOverlap(ranged, [...done, ...parted]).overlapping.map(({ index }) => index),
  )
  const days = [...overlapping].map((index) => objects[index]!.name.day)
  for (const { name } of done) days.push(parseLakeName(name)!.day)
  const { table, loadId } = plan
  return {
    table,
    loadId,
    id: packId(loadId, objects, overlapping),
    objects,
    overlapping,
    days,
    ranges,
    done: done.length,
  }
}

/** The day is in the id, so that ids never run out; a job of yesterday that is done again writes the same once more. */
function jobIds(on: Applying, prefix: string, pack: Pack): (attempt: number) => string {
  const day = new Date(on.jobs.now()).toISOString().slice(0, 10).replaceAll('-', '')
  return (attempt) => `${prefix}${pack.id}_${day}_${attempt}`
}

/** Brings a pack's lines into a table of their own. The job replaces the table whole, so twice is once. */
async function load(on: Applying, pack: Pack): Promise<void> {
  const { jobs, datasets } = on
  const table = jobs.bigquery.dataset(datasets.loads).table(stagingName(pack))
  const path = join(dirname(pack.objects[0]!.file), `${pack.id}.ndjson`)
  const start = async (jobId: string) => {
    await on.budget.spend(pack.table)
    return withPackFile(pack, path, async () => {
      const [job] = await table.createLoadJob(path, {
        jobId,
        sourceFormat: 'NEWLINE_DELIMITED_JSON',
        schema: { fields: STAGED_FIELDS },
        createDisposition: 'CREATE_IF_NEEDED',
        writeDisposition: 'WRITE_TRUNCATE',
        maxBadRecords: 0,
      })
      return job as Job
    })
  }
  for (let first = 0; first < ATTEMPTS; ) {
    try {
      const { found, attempt } = await jobs.once(
        'load',
        jobIds(on, loadJobPrefix(pack.table), pack),
        start,
        first,
      )
      const there = !found || (await table.exists().then(([exists]) => exists, refused('look for', table.id)))
      if (there) return
      first = attempt + 1
    } catch (error) {
      if (!(error instanceof JobFailed)) throw error
      if (reasonOf(error.status) === 'invalid')
        throw new PipelineError('LAKE_OBJECT_BROKEN', {
          load: pack.loadId,
          reason: 'BigQuery can not read it',
        })
      throw ours(error.status, 'load', table.id)
    }
  }
  throw new PipelineError('WAREHOUSE_UNAVAILABLE', {
    load: pack.loadId,
    reason: 'all attempts of a day are spent',
  })
}

function refused(action: string, place?: string): (error: unknown) => never {
  return (error) => {
    throw ours(error, action, place)
  }
}

/** How many rows each object adds. Throws LAKE_OBJECT_BROKEN on a row that BigQuery can't hold as it is. */
async function judge(on: Applying, pack: Pack): Promise<number[]> {
  const found = await on.jobs.query<Record<'n' | 'lines' | 'fresh' | 'unreadable', string>>(
    'judge a load',
    judgeSql(on.datasets, pack),
  )
  const lines = sum(found.map((each) => Number(each.lines)))
  const expected = sum(pack.objects.map(({ rows }) => rows))
  if (lines !== expected)
    throw new PipelineError('WAREHOUSE_UNAVAILABLE', {
      load: pack.loadId,
      reason: 'row count',
      lines,
      expected,
    })
  if (found.some(({ unreadable }) => unreadable !== '0'))
    throw new PipelineError('LAKE_OBJECT_BROKEN', {
      load: pack.loadId,
      reason: 'a row is not JSON, or has a number that is too long',
    })
  const fresh = new Map(found.map(({ n, fresh: rows }) => [Number(n), Number(rows)]))
  return pack.objects.map(({ rows }, index) => (pack.overlapping.has(index) ? (fresh.get(index) ?? 0) : rows))
}

/** Whether the transaction was carried out, by this call or by an earlier one whose answer was lost. */
async function commit(on: Applying, pack: Pack, rows: readonly number[], first: number) {
  const { jobs } = on
  const start = async (jobId: string) => {
    const [job] = await jobs.bigquery.createQueryJob({
      query: applySql(on.datasets, pack, rows, jobId),
      jobId,
    })
    return job
  }
  try {
    const { id, attempt } = await jobs.once('apply', jobIds(on, 'apply_', pack), start, first)
    let applied = false
    for await (const [row] of jobs.results<{ applied: boolean }>('apply', id))
      applied ||= row?.applied === true
    return { applied, attempt }
  } catch (error) {
    throw error instanceof JobFailed ? ours(error.status, 'apply', pack.table) : error
  }
}

/** See Warehouse.apply. A load that loses against another one reads the ledger again, and finds less to do. */
export async function applyLoad(
  on: Applying,
  plan: LoadPlan,
  staged: readonly StagedObject[],
): Promise<LoadOutcome> {
  const next = new Map<string, number>()
  for (let round = 0; round < ROUNDS; round++) {
    const pack = await packOf(on, plan, staged)
    if (pack === undefined) return { objects: 0, rows: 0, duplicates: 0 }
    await load(on, pack)
    await on.at?.('loaded')
    const rows = await judge(on, pack)
    const { applied, attempt } = await commit(on, pack, rows, next.get(pack.id) ?? 0)
    if (applied) {
      await on.at?.('inserted')
      // What is not deleted now goes by itself after a day.
      await on.jobs.bigquery
        .dataset(on.datasets.loads)
        .table(stagingName(pack))
        .delete({ ignoreNotFound: true })
        .catch(() => undefined)
      const lines = sum(pack.objects.map((each) => each.rows))
      return {
        objects: pack.objects.filter(({ part }) => part?.last ?? true).length,
        rows: sum(rows),
        duplicates: lines - sum(rows),
      }
    }
    next.set(pack.id, attempt + 1)
  }
  throw new PipelineError('WAREHOUSE_UNAVAILABLE', { load: plan.loadId, reason: 'other loads came between' })
}
