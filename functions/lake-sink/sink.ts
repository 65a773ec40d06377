import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { lakeName, parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { type BatchAttributes, readAttributes } from '../batch/attributes.ts'
import { BatchChecker, BatchFault } from '../batch/check.ts'
import { gunzipLines, splitLines } from '../batch/lines.ts'
import type { PushMessage } from '../envelope.ts'
import { md5Of } from '../lake/create-once.ts'
import type { Lake, LakeObject } from '../lake/port.ts'
import type { Log } from '../log.ts'

export interface LakeSinkDeps {
  lake: Lake
  log: Log
}

/** A batch has 4 MB before compression, a single change may have more; a bomb has no end. */
const MAX_BATCH_BYTES = 64 * 1024 * 1024
/** Most batches come out in a few pieces of this size. */
const CHUNK_BYTES = 512 * 1024
const unzip = promisify(gunzip)

function place({ table, topic, partition, firstOffset, lastOffset }: BatchAttributes) {
  return { table, topic, partition, firstOffset, lastOffset }
}

function corrupt(reason: string, batch: BatchAttributes): PipelineError {
  return new PipelineError('MESSAGE_CORRUPT', { reason, ...place(batch) })
}

/** Checks every line of a batch; gives its UTC day. Throws PipelineError MESSAGE_CORRUPT. */
export async function checkBatch(data: Buffer, batch: BatchAttributes): Promise<string> {
  let plain: Buffer
  try {
    plain = await unzip(data, { maxOutputLength: MAX_BATCH_BYTES, chunkSize: CHUNK_BYTES })
  } catch (error) {
    const tooLarge = error instanceof RangeError
    throw corrupt(tooLarge ? 'too large when decompressed' : 'not whole gzip', batch)
  }
  const checker = new BatchChecker(batch)
  try {
    for (const line of splitLines(plain)) checker.line(line)
    checker.end()
  } catch (error) {
    if (error instanceof BatchFault) throw corrupt(error.message, batch)
    throw error
  }
  return checker.day!
}

async function contentHash(source: Readable): Promise<string | undefined> {
  const hash = createHash('sha256')
  try {
    for await (const lines of gunzipLines(source)) for (const line of lines) hash.update(line).update('\n')
  } catch (error) {
    if (error instanceof BatchFault) return undefined
    throw new PipelineError('LAKE_UNAVAILABLE', { action: 'read' })
  }
  return hash.digest('hex')
}

/** Whether the object of that name holds this batch, in the same bytes or otherwise compressed. */
async function isSame(lake: Lake, name: string, data: Buffer): Promise<boolean> {
  const there = await lake.head(name)
  if (there === undefined)
    throw new PipelineError('LAKE_UNAVAILABLE', { action: 'compare', reason: 'it has gone' })
  if (there.md5 === md5Of(data)) return true
  const stream = await lake.open(there)
  if (stream === undefined)
    throw new PipelineError('LAKE_UNAVAILABLE', { action: 'compare', reason: 'it has gone' })
  return (await contentHash(stream)) === (await contentHash(Readable.from([data])))
}

async function storeBatch({ lake, log }: LakeSinkDeps, data: Buffer, batch: BatchAttributes): Promise<void> {
  const day = await checkBatch(data, batch)
  const name = lakeName({ ...place(batch), day })
  const metadata = { count: String(batch.count) }
  const outcome = await lake.create({ name, bytes: data, contentType: 'application/gzip', metadata })
  if (outcome === 'exists' && !(await isSame(lake, name, data))) {
    throw new PipelineError('LAKE_CONFLICT', { object: name })
  }
  log.info({ object: name, count: batch.count, bytes: data.length, outcome }, 'batch is in the lake')
}

/** Reads the whole object that a reference names. Throws PipelineError MESSAGE_CORRUPT or LAKE_UNAVAILABLE. */
async function checkObject(
  lake: Lake,
  object: LakeObject,
  batch: BatchAttributes,
  day: string,
): Promise<void> {
  if (object.count !== undefined && object.count !== batch.count) throw corrupt('another count', batch)
  const source = await lake.open(object)
  if (source === undefined)
    throw new PipelineError('LAKE_UNAVAILABLE', { action: 'read', reason: 'it has gone' })
  const checker = new BatchChecker({ ...batch, day })
  try {
    for await (const lines of gunzipLines(source)) for (const line of lines) checker.line(line)
    checker.end()
  } catch (error) {
    if (error instanceof BatchFault) throw corrupt(`the object: ${error.message}`, batch)
    throw new PipelineError('LAKE_UNAVAILABLE', { action: 'read' })
  }
}

async function checkReference(
  { lake, log }: LakeSinkDeps,
  batch: BatchAttributes,
  object: string,
): Promise<void> {
  const name = parseLakeName(object)
  if (name === undefined) throw new PipelineError('MESSAGE_NOT_OURS', { attributes: 'object' })
  const { day, ...parts } = name
  const claimed: Record<string, unknown> = place(batch)
  if (Object.entries(parts).some(([part, value]) => claimed[part] !== value)) {
    throw corrupt('the object is of another batch', batch)
  }
  const there = await lake.head(object)
  if (there === undefined) throw corrupt('the object is not in the lake', batch)
  await checkObject(lake, there, batch, day)
  log.info({ object, count: batch.count, bytes: there.size, outcome: 'referenced' }, 'batch is in the lake')
}

/** Takes a batch of changes into the lake. What it throws says whether the message can ever be taken. */
export function lakeSink(deps: LakeSinkDeps): (message: PushMessage) => Promise<void> {
  return async ({ attributes, data }) => {
    const { object, ...batch } = readAttributes(attributes)
    if (object === undefined) await storeBatch(deps, data, batch)
    else await checkReference(deps, batch, object)
  }
}
