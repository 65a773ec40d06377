import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { fitsName, type LakeName, lakeName, type Offsets } from '@pipeline/hospital/lake-names.ts'
import { BatchFault } from '../batch/check.ts'
import type { Lake } from '../lake/port.ts'
import type { Log } from '../log.ts'
import { type Engine, withEngine } from '../parquet/engine.ts'
import { checkParquet, download } from '../parquet/file.ts'
import { parquetLines } from '../parquet/lines.ts'
import { joinPieces, writePiece } from '../parquet/write.ts'
import { isAbsorbed } from './absorb.ts'
import { merge } from './merge.ts'
import { type Part, Parts } from './parts.ts'
import { type Group, isReplaceable, type Member, sourcesOf } from './plan.ts'
import { Reader } from './sources.ts'

export interface CompactDeps {
  lake: Lake
  log: Log
  tempRoot: string
  targetBytes: number
  pieceBytes: number
  /** Called between the steps, for tests of crashes. */
  at?: (point: 'written' | 'verified' | 'removed') => void | Promise<void>
}

export interface GroupReport {
  /** Objects that were replaced and deleted, and what took their place. */
  replaced: number
  written: string[]
  changes: number
  /** Objects that are left alone, with their error. */
  errors: PipelineError[]
}

function nameOf(
  { table, day, topic, partition }: Group,
  covered: readonly Offsets[],
  level: number,
): LakeName {
  const gaps = covered
    .slice(1)
    .map(({ first }, index) => ({ first: covered[index]!.last + 1, last: first - 1 }))
  const [firstOffset, lastOffset] = [covered[0]!.first, covered.at(-1)!.last]
  return { table, day, topic, partition, firstOffset, lastOffset, compacted: { level, gaps } }
}

/** Reads back what lies in the lake under a name and compares it with what was meant to. Throws LAKE_CONFLICT. */
async function verify(
  deps: CompactDeps,
  engine: Engine,
  part: Part,
  name: LakeName,
  path: string,
): Promise<void> {
  const object = await deps.lake.head(lakeName(name))
  const wrong = (reason: string) => new PipelineError('LAKE_CONFLICT', { object: lakeName(name), reason })
  try {
    if (object === undefined || !(await download(deps.lake, object, path))) throw wrong('it is gone')
    const { rows } = await checkParquet(engine, object, name, path)
    if (rows !== part.rows) throw wrong('another number of changes')
    const hash = createHash('sha256')
    for await (const lines of parquetLines(engine, path))
      for (const { line } of lines) hash.update(line).update('\n')
    if (hash.digest('hex') !== part.sha256) throw wrong('other changes')
  } catch (error) {
    throw error instanceof BatchFault ? wrong(error.message) : error
  } finally {
    await rm(path, { force: true })
  }
}

async function writePart(
  deps: CompactDeps,
  engine: Engine,
  group: Group,
  part: Part,
  folder: string,
): Promise<string> {
  const name = nameOf(group, part.covered, group.highest + 1)
  const path = join(folder, 'part.parquet')
  const metadata = { count: String(part.rows), sha256: part.sha256 }
  try {
    await joinPieces(
      engine,
      part.pieces.map((piece) => piece.path),
      path,
      part.longestLine,
      metadata,
    )
    await deps.lake.create({
      name: lakeName(name),
      bytes: path,
      contentType: 'application/vnd.apache.parquet',
      metadata,
    })
  } finally {
    await rm(path, { force: true })
  }
  await deps.at?.('written')
  await verify(deps, engine, part, name, join(folder, 'verify.parquet'))
  await deps.at?.('verified')
  return lakeName(name)
}

class GroupRun {
  private readonly report: GroupReport = { replaced: 0, written: [], changes: 0, errors: [] }
  private readonly left = new Set<Member>()
  private readonly deps: CompactDeps
  private readonly engine: Engine
  private readonly group: Group
  private readonly folder: string
  private readonly reader: Reader

  constructor(deps: CompactDeps, engine: Engine, group: Group, folder: string) {
    this.deps = deps
    this.engine = engine
    this.group = group
    this.folder = folder
    this.reader = new Reader(deps.lake, engine, folder, (member, error) => this.leave(member, error))
  }

  async run(): Promise<GroupReport> {
    const remaining = await this.absorbed()
    const sources = sourcesOf(remaining, this.deps.targetBytes)
    if (await this.hasNews(sources, remaining))
      await this.join(sources.filter((each) => !this.left.has(each)))
    return this.report
  }

  /** Whether there is something to join that can be read: a broken batch alone is no reason to write objects anew. */
  private async hasNews(sources: readonly Member[], members: readonly Member[]): Promise<boolean> {
    for (const member of sources.filter((each) => isReplaceable(each, members))) {
      const lines = await this.reader.lines(member)
      await lines?.return(undefined)
      if (lines) return true
    }
    return false
  }

  private leave(member: Member, error: PipelineError): void {
    if (this.left.has(member)) return
    this.left.add(member)
    this.report.errors.push(error)
  }

  /** Deletes what compacted objects hold already; gives the members that remain. */
  private async absorbed(): Promise<Member[]> {
    const { members } = this.group
    const remaining: Member[] = []
    for (const member of members) {
      try {
        const may = isReplaceable(member, members)
        if (may && (await isAbsorbed(this.engine, this.reader, member, members))) await this.remove(member)
        else remaining.push(member)
      } catch (error) {
        if (!(error instanceof PipelineError && error.code === 'LAKE_CONFLICT')) throw error
        this.leave(member, error)
      }
    }
    return remaining.filter((member) => !this.left.has(member))
  }

  private async remove({ object }: Member): Promise<void> {
    const outcome = await this.deps.lake.remove(object)
    if (outcome === 'replaced')
      this.deps.log.warn({ object: object.name }, 'object was written anew and stays')
    else this.report.replaced++
    await this.deps.at?.('removed')
  }

  private async join(sources: readonly Member[]): Promise<void> {
    const { deps, engine, group, folder } = this
    const used = new Set<Member>()
    const parts = new Parts({
      folder,
      targetBytes: deps.targetBytes,
      pieceBytes: deps.pieceBytes,
      write: (ndjson, path, longest) => writePiece(engine, group.table, ndjson, path, longest),
      fits: (covered) => fitsName(nameOf(group, covered, group.highest + 1)),
      emit: async (part) => {
        this.report.written.push(await writePart(deps, engine, group, part, folder))
        this.report.changes += part.rows
        for (const member of [...used]) {
          if (member.name.lastOffset >= part.below) continue
          used.delete(member)
          await this.remove(member)
        }
      },
    })
    const open = sources.map((member) =>
      this.reader.source(member, async () => {
        await parts.cover(member.covered)
        used.add(member)
      }),
    )
    try {
      for await (const line of merge(open)) await parts.add(line)
      await parts.end()
    } finally {
      await parts.abandon()
    }
  }
}

/**
 * Joins the objects of a group. What it deletes is in the lake in another object by then, read back and compared.
 * Throws LAKE_UNAVAILABLE and LAKE_CONFLICT; it may be run again at any time.
 */
export async function compactGroup(deps: CompactDeps, group: Group): Promise<GroupReport> {
  const folder = await mkdtemp(join(deps.tempRoot, 'compact-'))
  try {
    return await withEngine((engine) => new GroupRun(deps, engine, group, folder).run())
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
