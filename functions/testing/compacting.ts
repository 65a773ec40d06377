import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bucket } from '@google-cloud/storage'
import { parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { type CompactReport, compactLake, type TableReport } from '../compact-lake/compact.ts'
import type { CompactDeps } from '../compact-lake/group.ts'
import type { PlanLimits } from '../compact-lake/plan.ts'
import { gcsLake } from '../lake/gcs.ts'
import { readCompacted } from '../loader/compacted.ts'

export interface Compacting {
  deps: CompactDeps
  /** Joins objects of visits; gives their report. */
  compact(given?: Partial<CompactDeps>, limits?: Partial<PlanLimits>): Promise<TableReport>
  /** Names of the objects of visits, without what is the same in all. */
  names(): Promise<string[]>
  /** Staged lines of the compacted objects in the order of their names. */
  lines(): Promise<string[]>
  remove(): Promise<void>
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} }

/** Compaction of visits in a bucket, with limits fit for small tests. */
export async function newCompacting(bucket: Bucket): Promise<Compacting> {
  const tempRoot = await mkdtemp(join(tmpdir(), 'compacting-'))
  const lake = gcsLake(bucket)
  const deps: CompactDeps = {
    lake,
    log: quiet,
    tempRoot,
    targetBytes: 64 * 1024 * 1024,
    pieceBytes: 32 * 1024 * 1024,
  }
  const objects = async () => {
    const found = []
    for await (const page of lake.list('changes/visits/')) found.push(...page)
    return found
  }
  return {
    deps,
    async compact(given = {}, limits = {}) {
      const used = { ...deps, ...given }
      const bounds = {
        throughDay: '20991231',
        storedBefore: Date.now() + 60_000,
        largestBytes: 8_000_000,
        ...limits,
      }
      const report: CompactReport = await compactLake(
        used,
        ['visits'],
        { ...bounds, targetBytes: used.targetBytes },
        Date.now() + 600_000,
      )
      return report.tables.visits!
    },
    names: async () =>
      (await objects()).map(({ name }) => name.replace('changes/visits/', '').replaceAll(/-0{10,}/g, '-')),
    async lines() {
      const lines: string[] = []
      for (const object of await objects()) {
        if (parseLakeName(object.name)?.compacted === undefined) continue
        const read = await readCompacted(
          lake,
          object,
          { tempRoot, partBytes: 1e9, without: async () => [] },
          async ({ file }) => {
            lines.push(...(await readFile(file, 'utf8')).split('\n').filter((line) => line !== ''))
            return true
          },
        )
        if (read.outcome !== 'read') throw new Error(`${object.name} is ${read.outcome}`)
      }
      return lines
    },
    remove: () => rm(tempRoot, { recursive: true, force: true }),
  }
}
