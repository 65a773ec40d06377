import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { after, afterEach, before, beforeEach } from 'node:test'
import { lakeName, type Offsets } from '@pipeline/hospital/lake-names.ts'
import { batchOf, TOPIC, visitChanges } from './batches.ts'
import { type Compacting, newCompacting } from './compacting.ts'
import { type FakeGcs, startFakeGcs } from './fake-gcs.ts'
import { type Loading, newLoading } from './loading.ts'

export interface Compacted {
  gcs: FakeGcs
  it: Loading
  compacting: Compacting
}

/** A loader and a compaction of visits on a lake that is made anew for each test of a file; both leave nothing behind. */
export function compactionTests(): () => Compacted {
  let gcs: FakeGcs
  let current: Compacted
  before(async () => {
    gcs = await startFakeGcs()
  })
  after(() => gcs.stop())
  beforeEach(async () => {
    const bucket = await gcs.newBucket()
    current = { gcs, it: await newLoading(bucket), compacting: await newCompacting(bucket) }
  })
  afterEach(async () => {
    const { it, compacting } = current
    assert.deepEqual(await readdir(compacting.deps.tempRoot), [], 'temporary files are gone')
    await it.remove()
    await compacting.remove()
  })
  return () => current
}

export const short = (name: string) => name.replace('changes/visits/', '').replaceAll(/-0{10,}/g, '-')

/** The short name of a compacted object of the test day. */
export function compactedName(first: number, last: number, level: number, gaps: Offsets[] = []): string {
  const place = { table: 'visits', day: '20240305', topic: TOPIC, partition: 0 }
  return short(lakeName({ ...place, firstOffset: first, lastOffset: last, compacted: { level, gaps } }))
}

/** Puts a batch of ten changes for each first offset. */
export async function putTens({ it }: Compacted, ...firsts: number[]): Promise<void> {
  for (const first of firsts) await it.put(batchOf(visitChanges(first, first + 9)))
}

export const offsetsOf = (lines: readonly string[]): number[] =>
  lines.map((line) => Number(/"offset":(\d+)\}$/.exec(line)![1]))
