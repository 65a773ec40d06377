import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { StagedLine } from '../parquet/lines.ts'

/** Changes in the order of their offsets, in pieces. */
export interface Source {
  /** Where they come from, for errors. */
  name: string
  /** No offset is below it. */
  first: number
  /** Undefined for a source that turned out to be unusable, which then counts as empty. */
  open(): Promise<AsyncIterator<StagedLine[]> | undefined>
}

interface Open {
  name: string
  rest: AsyncIterator<StagedLine[]>
  lines: StagedLine[]
  at: number
}

async function advance(open: Open): Promise<boolean> {
  open.at++
  while (open.at >= open.lines.length) {
    const next = await open.rest.next()
    if (next.done === true) return false
    open.lines = next.value
    open.at = 0
  }
  return true
}

/**
 * Merges sources by offset; what several have comes once. A source is opened when its first offset is reached. Throws
 * LAKE_CONFLICT when two have one offset with different contents.
 */
export async function* merge(sources: readonly Source[]): AsyncGenerator<StagedLine> {
  const waiting = [...sources].sort((a, b) => a.first - b.first)
  const open: Open[] = []
  let next = 0
  try {
    for (;;) {
      let least = Math.min(...open.map(({ lines, at }) => lines[at]!.offset))
      while (next < waiting.length && waiting[next]!.first <= least) {
        const source = waiting[next++]!
        const rest = await source.open()
        if (rest === undefined) continue
        const opened: Open = { name: source.name, rest, lines: [], at: -1 }
        open.push(opened)
        if (!(await advance(opened))) open.splice(open.indexOf(opened), 1)
        least = Math.min(...open.map(({ lines, at }) => lines[at]!.offset))
      }
      if (open.length === 0) return
      const same = open.filter(({ lines, at }) => lines[at]!.offset === least)
      const { line } = same[0]!.lines[same[0]!.at]!
      const other = same.find(({ lines, at }) => lines[at]!.line !== line)
      if (other)
        throw new PipelineError('LAKE_CONFLICT', { object: other.name, with: same[0]!.name, offset: least })
      yield { offset: least, line }
      for (const each of same) if (!(await advance(each))) open.splice(open.indexOf(each), 1)
    }
  } finally {
    for (const { rest } of open) await rest.return?.()
  }
}
