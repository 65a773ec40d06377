import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { deadLetterAttributes } from '@pipeline/hospital/dead-letter.ts'
import { PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import type { LakeName } from '@pipeline/hospital/lake-names.ts'
import type { Lake, LakeObject } from '../lake/port.ts'
import type { Log } from '../log.ts'
import type { Publisher } from '../publisher.ts'
import { packs } from '../warehouse/packs.ts'
import type { LoadOutcome, LoadPlan, StagedObject, Warehouse } from '../warehouse/port.ts'
import { isCompactedName, readCompacted } from './compacted.ts'
import { type Staging, stageObject } from './stage.ts'

export interface LoaderDeps {
  /** The function's name: the source of its dead letters. */
  name: string
  lake: Lake
  warehouse: Warehouse
  deadLetters: Publisher
  log: Log
  /** Folder for temporary files. */
  tempRoot: string
  /** Objects read at the same time. */
  parallel: number
  /** Of one planned load: objects and their compressed bytes; and the plain bytes of one transaction, which is also where staging pauses. */
  limits: { objects: number; bytes: number; stagedBytes: number }
  now?: () => number
  /** Called between the steps of a load, for tests of crashes. */
  at?: (point: 'planned' | 'staged' | 'applied') => void | Promise<void>
}

/** Plain bytes of a compacted object that are staged at a time. */
const PART_BYTES = 32 * 1024 * 1024

export type GroupOutcome = LoadOutcome & { broken: number }

/** Waits for all before it throws, so that nothing goes on behind the back of an error. */
async function inParallel<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const ended = await Promise.allSettled(items.map(work))
  return ended.map((each) => {
    if (each.status === 'rejected') throw each.reason
    return each.value
  })
}

/** Tells of a broken object first, then gives it up: told twice is stored once. */
async function giveUp(
  deps: LoaderDeps,
  plan: LoadPlan,
  object: LakeObject,
  error: PipelineError,
): Promise<void> {
  const attributes = deadLetterAttributes({
    code: error.code,
    reason: error.message,
    source: deps.name,
    at: new Date(deps.now?.() ?? Date.now()).toISOString(),
    originAt: object.storedAt,
    object: object.name,
    generation: object.generation,
  })
  await deps.deadLetters.publish({ data: Buffer.alloc(0), attributes })
  await deps.warehouse.markBroken(plan, object, error.code)
  deps.log.error({ error: safeError(error) }, 'object is left out of the load')
}

type Applied = LoadOutcome & { refused: StagedObject[] }

function add(sum: Applied, { objects, rows, duplicates, refused }: Applied): Applied {
  sum.objects += objects
  sum.rows += rows
  sum.duplicates += duplicates
  sum.refused.push(...refused)
  return sum
}

/** Applies all at once; if the warehouse refuses the contents, one by one, to find the object that it refuses. */
async function applyPack(
  { warehouse }: LoaderDeps,
  plan: LoadPlan,
  pack: readonly StagedObject[],
): Promise<Applied> {
  const sum: Applied = { objects: 0, rows: 0, duplicates: 0, refused: [] }
  for (const part of [pack, ...pack.map((one) => [one])]) {
    try {
      add(sum, { ...(await warehouse.apply(plan, part)), refused: [] })
      if (part === pack) break
    } catch (error) {
      if (!(error instanceof PipelineError && error.code === 'LAKE_OBJECT_BROKEN')) throw error
      if (part !== pack) sum.refused.push(...part)
    }
  }
  return sum
}

async function apply(deps: LoaderDeps, plan: LoadPlan, staged: readonly StagedObject[]): Promise<Applied> {
  const sum: Applied = { objects: 0, rows: 0, duplicates: 0, refused: [] }
  for (const pack of packs(staged, deps.limits.stagedBytes)) add(sum, await applyPack(deps, plan, pack))
  return sum
}

/** Stages objects from `first` on until they fill a transaction; at least one step is made. */
async function stageSome(
  deps: LoaderDeps,
  objects: readonly LakeObject[],
  first: number,
  folder: string,
): Promise<Staging[]> {
  const stagings: Staging[] = []
  let bytes = 0
  while (first + stagings.length < objects.length && bytes < deps.limits.stagedBytes) {
    const start = first + stagings.length
    const step = objects.slice(start, start + deps.parallel)
    const staged = await inParallel(step, (object, index) =>
      stageObject(deps.lake, object, join(folder, `${start + index}.ndjson`), { parsesRows: false }),
    )
    for (const each of staged) if (each.outcome === 'staged') bytes += each.staged.bytes
    stagings.push(...staged)
  }
  return stagings
}

/** Tells of what could not be loaded; gives the number of broken objects. */
async function settle(
  deps: LoaderDeps,
  plan: LoadPlan,
  stagings: readonly Staging[],
  refused: readonly StagedObject[],
): Promise<number> {
  let broken = 0
  for (const each of stagings) {
    if (each.outcome === 'superseded') await deps.warehouse.release(plan, each.object)
    if (each.outcome !== 'broken') continue
    await giveUp(deps, plan, each.object, each.error)
    broken++
  }
  for (const { object } of refused) {
    const context = { object: object.name, generation: object.generation, reason: 'the warehouse refused it' }
    await giveUp(deps, plan, object, new PipelineError('LAKE_OBJECT_BROKEN', context))
    broken++
  }
  return broken
}

/** Loads a compacted object: the changes that the log has not, which are none when its batches were loaded before. */
async function loadCompacted(deps: LoaderDeps, plan: LoadPlan, object: LakeObject): Promise<GroupOutcome> {
  const sum: Applied = { objects: 0, rows: 0, duplicates: 0, refused: [] }
  const options = {
    tempRoot: deps.tempRoot,
    partBytes: Math.min(deps.limits.stagedBytes, PART_BYTES),
    without: (name: LakeName) => deps.warehouse.loaded(plan.table, name),
  }
  const read = await readCompacted(deps.lake, object, options, async (part) => {
    await deps.at?.('staged')
    add(sum, await applyPack(deps, plan, [part]))
    await deps.at?.('applied')
    return sum.refused.length === 0
  })
  const stagings = read.outcome === 'read' ? [] : [read]
  const broken = await settle(deps, plan, stagings, sum.refused)
  if (read.outcome === 'read' && read.parts === 0) {
    await deps.warehouse.markLoaded(plan, object)
    sum.objects = 1
  }
  const { refused: _, ...outcome } = sum
  return { ...outcome, broken }
}

/** How long the oldest of these batches lay in the lake, s; undefined for none. Joined objects tell nothing of it. */
export function waited(objects: readonly { storedAt: string }[], now: number): number | undefined {
  if (objects.length === 0) return undefined
  const oldest = Math.min(...objects.map(({ storedAt }) => Date.parse(storedAt)))
  return Math.max(0, Math.round((now - oldest) / 1000))
}

/**
 * Carries a planned load out, in one transaction unless it is too large for one. Its temporary files are gone
 * afterwards, whatever happens; what was not carried out stays planned.
 */
export async function carryOut(deps: LoaderDeps, plan: LoadPlan): Promise<GroupOutcome> {
  const sum: GroupOutcome = { objects: 0, rows: 0, duplicates: 0, broken: 0 }
  await deps.at?.('planned')
  const batches = plan.objects.filter((object) => !isCompactedName(object))
  for (let next = 0; next < batches.length; ) {
    const folder = await mkdtemp(join(deps.tempRoot, 'load-'))
    try {
      const stagings = await stageSome(deps, batches, next, folder)
      next += stagings.length
      await deps.at?.('staged')
      const staged = stagings.flatMap((each) => (each.outcome === 'staged' ? [each.staged] : []))
      const { refused, ...outcome } = await apply(deps, plan, staged)
      await deps.at?.('applied')
      sum.objects += outcome.objects
      sum.rows += outcome.rows
      sum.duplicates += outcome.duplicates
      sum.broken += await settle(deps, plan, stagings, refused)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }
  for (const object of plan.objects.filter(isCompactedName)) {
    const { broken, ...outcome } = await loadCompacted(deps, plan, object)
    for (const field of ['objects', 'rows', 'duplicates'] as const) sum[field] += outcome[field]
    sum.broken += broken
  }
  const waitedSeconds = waited(batches, deps.now?.() ?? Date.now())
  deps.log.info({ loadId: plan.loadId, table: plan.table, waitedSeconds, ...sum }, 'load is applied')
  return sum
}
