import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Message } from '@pipeline/cdc/replay/dead-letters.ts'
import type { StoredObject } from '@pipeline/cdc/replay/store.ts'
import { readAttributes } from '@pipeline/functions/batch/attributes.ts'
import { fileLines } from '@pipeline/functions/compact-lake/sources.ts'
import { isCompacted } from '@pipeline/functions/lake/compacted.ts'
import type { Lake } from '@pipeline/functions/lake/port.ts'
import { checkBatch } from '@pipeline/functions/lake-sink/sink.ts'
import { isCompactedName, readCompacted } from '@pipeline/functions/loader/compacted.ts'
import { stageObject } from '@pipeline/functions/loader/stage.ts'
import { TOPICS } from '@pipeline/functions/manifest-parts.ts'
import { readEventMessage } from '@pipeline/functions/oltp-sink/message.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { ChangeLine } from '@pipeline/hospital/fast-decode.ts'

export interface Wrong {
  code: string
  reason: string
}

const wrongOf = ({ code, message }: PipelineError): Wrong => ({ code, reason: message })

/** Why the functions behind a topic would refuse a message; undefined when they would not. */
export async function messageWrong(
  lake: Lake,
  topic: string,
  { data, attributes }: Message,
): Promise<Wrong | undefined> {
  try {
    if (topic === TOPICS.events) await readEventMessage({ data, attributes, messageId: '-' })
    if (topic !== TOPICS.changes) return undefined
    const batch = readAttributes(attributes)
    if (batch.object === undefined) await checkBatch(data, batch)
    else if ((await lake.head(batch.object)) === undefined)
      throw new PipelineError('MESSAGE_CORRUPT', {
        reason: 'the object is not in the lake',
        object: batch.object,
      })
    return undefined
  } catch (error) {
    if (error instanceof PipelineError && error.retry === 'never') return wrongOf(error)
    throw error
  }
}

/** Why a load would refuse an object; undefined when it can be read, or another took its place. */
export async function objectWrong(lake: Lake, name: string): Promise<Wrong | undefined> {
  const object = await lake.head(name)
  if (object === undefined) {
    if (await isCompacted(lake, name)) return undefined
    return { code: 'LAKE_OBJECT_BROKEN', reason: 'it is gone' }
  }
  const folder = await mkdtemp(join(tmpdir(), 'replay-'))
  try {
    const read = isCompactedName(object)
      ? await readCompacted(
          lake,
          object,
          { tempRoot: folder, partBytes: 1, without: async () => [] },
          async () => false,
        )
      : await stageObject(lake, object, join(folder, 'object.ndjson'))
    return read.outcome === 'broken' ? wrongOf(read.error) : undefined
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const PART_BYTES = 16 * 1024 * 1024

/** The line of a change in the relay's own layout, from its staged form: key and row are taken to the letter. */
function originalLine(table: string, staged: string): ChangeLine {
  const change = JSON.parse(staged) as Record<
    'op' | 'sequence' | 'committedAt' | 'capturedAt' | 'topic',
    string
  > & {
    key: string | null
    row: string | null
    txId: number | null
    partition: number
    offset: number
  }
  const { op, key, row, sequence, txId, committedAt, capturedAt, topic, partition, offset } = change
  const rest = JSON.stringify({ sequence, txId, committedAt, capturedAt, topic, partition, offset }).slice(1)
  const line = `{"table":${JSON.stringify(table)},"op":"${op}","key":${key},"row":${row},${rest}\n`
  return { line, table, topic, partition, offset, committedAt }
}

/** Hands over the lines of a compacted object as the relay wrote them. Throws LAKE_OBJECT_BROKEN. */
export async function compactedLines(
  lake: Lake,
  { name }: StoredObject,
  take: (lines: ChangeLine[]) => Promise<void>,
): Promise<void> {
  const object = await lake.head(name)
  if (object === undefined)
    throw new PipelineError('LAKE_OBJECT_BROKEN', { object: name, reason: 'it is gone' })
  const folder = await mkdtemp(join(tmpdir(), 'replay-'))
  try {
    const options = { tempRoot: folder, partBytes: PART_BYTES, without: async () => [] }
    const read = await readCompacted(lake, object, options, async (part) => {
      for await (const lines of fileLines(part.file))
        await take(lines.map(({ line }) => originalLine(part.name.table, line)))
      return true
    })
    if (read.outcome === 'broken') throw read.error
    if (read.outcome === 'superseded')
      throw new PipelineError('LAKE_OBJECT_BROKEN', {
        object: name,
        reason: 'another took its place meanwhile',
      })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
