import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { ChangeLine } from '@pipeline/hospital/fast-decode.ts'
import { parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { MAX_MESSAGE_BYTES } from '../relay/message.ts'
import { ContiguousBatches } from './batches.ts'
import type { Message, ReplayDeps } from './dead-letters.ts'
import { type ReplayReport, Tally } from './report.ts'
import type { StoredObject } from './store.ts'

export interface LakeReplayDeps
  extends Pick<ReplayDeps, 'store' | 'publishBatch' | 'publish' | 'stillWrong' | 'dryRun'> {
  /** The topic of changes. */
  topic: string
  /** Hands over the changes of a compacted object in order; throws LAKE_OBJECT_BROKEN. */
  compacted(object: StoredObject, take: (lines: ChangeLine[]) => Promise<void>): Promise<void>
}

async function countLines(data: Buffer): Promise<number> {
  let count = 0
  try {
    for await (const chunk of Readable.from([data]).pipe(createGunzip()) as AsyncIterable<Buffer>) {
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) count++
    }
  } catch {
    return 0
  }
  return count
}

/** The message that brought a batch's object into the lake: its very bytes, or a reference if they are too many. */
async function messageOf(object: StoredObject, data: Buffer): Promise<Message> {
  const { table, topic, partition, firstOffset, lastOffset } = parseLakeName(object.name)!
  const large = data.length > MAX_MESSAGE_BYTES
  const attributes = {
    table,
    topic,
    partition: String(partition),
    firstOffset: String(firstOffset),
    lastOffset: String(lastOffset),
    count: String(object.count ?? (await countLines(data))),
    format: large ? 'reference' : 'ndjson.gz',
    ...(large && { object: object.name }),
  }
  return { data: large ? Buffer.alloc(0) : data, attributes }
}

/**
 * Sends the batches of all objects under a prefix again, one at a time; of compacted ones in batches cut anew.
 * Throws REQUEST_INVALID when there is no object.
 */
export async function replayLake(deps: LakeReplayDeps, prefix: string): Promise<ReplayReport> {
  const tally = new Tally()
  for await (const page of deps.store.list(prefix)) {
    for (const object of page) {
      if (!(object.name.endsWith('/') && object.size === 0)) await replayObject(deps, object, tally)
    }
  }
  const report = tally.report()
  if (report.lines.length === 0)
    throw new PipelineError('REQUEST_INVALID', { prefix, reason: 'no object of the lake begins so' })
  return report
}

async function replayObject(deps: LakeReplayDeps, object: StoredObject, tally: Tally): Promise<void> {
  const name = parseLakeName(object.name)
  const of = { source: 'lake', code: '-', origin: object.name.split('/').slice(0, 3).join('/') }
  const stays = (code: string, reason: string) => tally.add({ ...of, code }, 'stays', `${code}: ${reason}`)
  if (name === undefined) return stays('LAKE_OBJECT_BROKEN', 'its name is not that of a batch')
  try {
    if (name.compacted) await replayCompacted(deps, object, tally)
    else {
      const data = await deps.store.read(object)
      if (data === undefined) return stays('LAKE_OBJECT_BROKEN', 'it is gone')
      const message = await messageOf(object, data)
      const wrong = await deps.stillWrong(deps.topic, message)
      if (wrong) return stays(wrong.code, wrong.reason)
      if (!deps.dryRun) await deps.publish(deps.topic, message)
      tally.messages++
    }
    tally.add(of, 'sent')
  } catch (error) {
    if (!(error instanceof PipelineError && error.code === 'LAKE_OBJECT_BROKEN')) throw error
    stays(error.code, error.message)
  }
}

async function replayCompacted(deps: LakeReplayDeps, object: StoredObject, tally: Tally): Promise<void> {
  const batches = new ContiguousBatches<null>()
  const send = async (cut: ReturnType<typeof batches.take>) => {
    if (!cut) return
    if (!deps.dryRun) await deps.publishBatch('changes', cut.batch)
    tally.messages++
  }
  await deps.compacted(object, async (lines) => {
    for (const line of lines) await send(batches.add('changes', line, null))
  })
  await send(batches.take())
}
