import type { LakeName, Offsets } from '@pipeline/hospital/lake-names.ts'
import type { LakeObject } from '../lake/port.ts'
import type { OffsetRange } from './overlap.ts'

/** Objects of one table that are loaded together. The same objects always have the same id. */
export interface LoadPlan {
  loadId: string
  table: string
  objects: LakeObject[]
}

/**
 * The verified changes of one lake object as NDJSON for the warehouse. A line holds the fields of a change record,
 * `row_key`, and `key` and `row` as texts of JSON, so that no reader of JSON touches their digits.
 */
export interface StagedObject {
  object: LakeObject
  name: LakeName
  /** Path of a local file. */
  file: string
  rows: number
  bytes: number
  /** Bytes of the longest line. */
  longestLine: number
  /** Set when these are some changes of the object only. It is done with the last part. */
  part?: {
    /** Another for other contents. */
    id: string
    last: boolean
  }
}

export interface LoadOutcome {
  /** Objects that this call marked done; fewer than staged when another call was faster. */
  objects: number
  /** Rows inserted. */
  rows: number
  /** Rows left out because their topic, partition and offset are there already. */
  duplicates: number
}

/**
 * The warehouse's raw change log with its ledger of lake objects. A load is planned, then applied; both steps are
 * safe to repeat. Throws PipelineError WAREHOUSE_UNAVAILABLE when it can't be reached, and LAKE_OBJECT_BROKEN when
 * it refuses the contents of what was staged.
 */
export interface Warehouse {
  /** Takes several steps with the warehouse opened once, which is cheaper; a step is as safe as by itself. */
  together<T>(work: (warehouse: Warehouse) => Promise<T>): Promise<T>
  /** Loads that were planned and neither applied nor given up. */
  planned(table: string): Promise<LoadPlan[]>
  /** Those of a page of objects that the ledger does not know in this generation. */
  unknown(table: string, page: readonly LakeObject[]): Promise<LakeObject[]>
  /** Writes a load down, without the objects that the ledger knows by now; undefined if none is left. */
  plan(table: string, objects: readonly LakeObject[]): Promise<LoadPlan | undefined>
  /** Gives an object of a plan up for good, until its generation changes. */
  markBroken(plan: LoadPlan, object: LakeObject, code: string): Promise<void>
  /** Takes an object out of a plan: its generation is gone and another took its place. */
  release(plan: LoadPlan, object: LakeObject): Promise<void>
  /** Lifts the mark of broken objects, so that they are looked at again. Gives how many there were. */
  retry(table: string, objects: readonly string[]): Promise<number>
  /** The offsets of a range that the log has, as runs in order. */
  loaded(table: string, range: OffsetRange): Promise<Offsets[]>
  /** Marks an object of a plan done of which the log has every change. */
  markLoaded(plan: LoadPlan, object: LakeObject): Promise<void>
  /** Inserts the rows of staged objects of a plan and marks them done, all in one transaction. */
  apply(plan: LoadPlan, staged: readonly StagedObject[]): Promise<LoadOutcome>
}
