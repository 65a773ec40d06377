import { createReadStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { BatchFault } from '../batch/check.ts'
import type { Lake } from '../lake/port.ts'
import { stageObject } from '../loader/stage.ts'
import type { Engine } from '../parquet/engine.ts'
import { checkParquet, download, type ParquetFile } from '../parquet/file.ts'
import { parquetLines, type StagedLine } from '../parquet/lines.ts'
import type { Source } from './merge.ts'
import type { Member } from './plan.ts'

const OFFSET = /"offset":(\d+)\}$/

/** The lines of a file of staged NDJSON, which has been checked. */
export async function* fileLines(path: string): AsyncGenerator<StagedLine[]> {
  let parts: Buffer[] = []
  const staged = (text: string): StagedLine => ({ offset: Number(OFFSET.exec(text)![1]), line: text })
  for await (const chunk of createReadStream(path, { highWaterMark: 256 * 1024 }) as AsyncIterable<Buffer>) {
    const lines: StagedLine[] = []
    let start = 0
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      parts.push(chunk.subarray(start, end))
      lines.push(staged((parts.length === 1 ? parts[0]! : Buffer.concat(parts)).toString('utf8')))
      parts = []
      start = end + 1
    }
    if (start < chunk.length) parts.push(chunk.subarray(start))
    if (lines.length > 0) yield lines
  }
}

/** Lines whose file goes when they end, or are left off at any point, also before the first. */
function thenRemove(lines: AsyncGenerator<StagedLine[]>, path: string): AsyncGenerator<StagedLine[]> {
  const end = lines.return.bind(lines)
  lines.return = async (value) => {
    const ended = await end(value)
    await rm(path, { force: true })
    return ended
  }
  const next = lines.next.bind(lines)
  lines.next = async () => {
    const result = await next()
    if (result.done === true) await rm(path, { force: true })
    return result
  }
  return lines
}

/** Reads the members of a group, each checked whole before its first change is used. */
export class Reader {
  private readonly lake: Lake
  private readonly engine: Engine
  private readonly folder: string
  private readonly onBroken: (member: Member, error: PipelineError) => void
  private readonly files = new Map<string, ParquetFile | undefined>()
  private count = 0

  constructor(
    lake: Lake,
    engine: Engine,
    folder: string,
    onBroken: (member: Member, error: PipelineError) => void,
  ) {
    this.lake = lake
    this.engine = engine
    this.folder = folder
    this.onBroken = onBroken
  }

  /** Undefined when it is broken, which `onBroken` is told, or gone, which another run may have brought about. */
  async lines(
    member: Member,
    opened?: () => Promise<void>,
  ): Promise<AsyncGenerator<StagedLine[]> | undefined> {
    const { object, level } = member
    if (level > 0) {
      const file = await this.parquet(member)
      if (file) await opened?.()
      return file && parquetLines(this.engine, file.path)
    }
    const path = join(this.folder, `source-${this.count++}.ndjson`)
    const staging = await stageObject(this.lake, object, path)
    if (staging.outcome !== 'staged') {
      await rm(path, { force: true })
      if (staging.outcome === 'broken') this.onBroken(member, staging.error)
      return undefined
    }
    await opened?.()
    return thenRemove(fileLines(path), path)
  }

  source(member: Member, opened?: () => Promise<void>): Source {
    const { object, name } = member
    return { name: object.name, first: name.firstOffset, open: () => this.lines(member, opened) }
  }

  /** The file of a compacted object, brought here once. */
  async parquet(member: Member): Promise<ParquetFile | undefined> {
    const { object, name } = member
    if (this.files.has(object.name)) return this.files.get(object.name)
    const path = join(this.folder, `source-${this.count++}.parquet`)
    let file: ParquetFile | undefined
    try {
      if (await download(this.lake, object, path)) file = await checkParquet(this.engine, object, name, path)
    } catch (error) {
      if (!(error instanceof BatchFault)) throw error
      const where = { object: object.name, generation: object.generation }
      this.onBroken(member, new PipelineError('LAKE_OBJECT_BROKEN', { ...where, reason: error.message }))
    }
    this.files.set(object.name, file)
    return file
  }
}
