import { PipelineError } from '@pipeline/hospital/errors.ts'
import { share } from '@pipeline/hospital/offsets.ts'
import type { Engine } from '../parquet/engine.ts'
import { parquetLines, type StagedLine } from '../parquet/lines.ts'
import { merge } from './merge.ts'
import type { Member } from './plan.ts'
import type { Reader } from './sources.ts'

async function* flat(lines: AsyncIterable<StagedLine[]>): AsyncGenerator<StagedLine> {
  for await (const some of lines) yield* some
}

/**
 * Whether compacted objects of a higher level have every change of an object, to the letter: it may go then. That
 * level is what keeps two runs from deleting two objects for the sake of each other. Throws LAKE_CONFLICT when one of
 * them has other contents for the same offset.
 */
export async function isAbsorbed(
  engine: Engine,
  reader: Reader,
  member: Member,
  others: readonly Member[],
): Promise<boolean> {
  const holders = others.filter((other) => other.level > member.level && share(other.covered, member.covered))
  if (holders.length === 0) return false
  const { firstOffset: first, lastOffset: last } = member.name
  const files = await Promise.all(holders.map((holder) => reader.parquet(holder)))
  const sources = files.flatMap((file, index) =>
    file === undefined
      ? []
      : [
          {
            name: holders[index]!.object.name,
            first,
            open: async () => parquetLines(engine, file.path, [{ first, last }]),
          },
        ],
  )
  const mine = await reader.lines(member)
  if (mine === undefined) return false
  const there = merge(sources)
  let held = await there.next()
  for await (const { offset, line } of flat(mine)) {
    while (held.done !== true && held.value.offset < offset) held = await there.next()
    if (held.done === true || held.value.offset > offset) {
      await there.return(undefined)
      return false
    }
    if (held.value.line !== line) {
      await there.return(undefined)
      throw new PipelineError('LAKE_CONFLICT', { object: member.object.name, with: sources[0]?.name, offset })
    }
  }
  await there.return(undefined)
  return true
}
