import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { findTable } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { parseLakeName } from '@pipeline/hospital/lake-names.ts'
import { type BatchAttributes, readAttributes } from '../batch/attributes.ts'
import { BatchFault } from '../batch/check.ts'
import { gunzipLines, splitLines } from '../batch/lines.ts'
import type { ChangeStore } from '../clickhouse/store.ts'
import type { PushMessage } from '../envelope.ts'
import type { Lake } from '../lake/port.ts'
import type { Log } from '../log.ts'
import type { Publisher } from '../publisher.ts'
import { BatchEncoder, type EncodedBatch } from './batch.ts'
import { sendRefused } from './refused.ts'

export interface ClickHouseSinkDeps {
  name: string
  store: ChangeStore
  /** Where changes lie that were too large for a message. */
  lake: Pick<Lake, 'head' | 'open'>
  deadLetters: Publisher
  log: Log
  now?: () => Date
}

const MAX_BATCH_BYTES = 64 * 1024 * 1024
const CHUNK_BYTES = 512 * 1024
const unzip = promisify(gunzip)

function corrupt(reason: string, batch: BatchAttributes): PipelineError {
  const { table, topic, partition, firstOffset, lastOffset } = batch
  return new PipelineError('MESSAGE_CORRUPT', { reason, table, topic, partition, firstOffset, lastOffset })
}

async function readInline(data: Buffer, batch: BatchAttributes): Promise<EncodedBatch> {
  let plain: Buffer
  try {
    plain = await unzip(data, { maxOutputLength: MAX_BATCH_BYTES, chunkSize: CHUNK_BYTES })
  } catch (error) {
    throw corrupt(error instanceof RangeError ? 'too large when decompressed' : 'not whole gzip', batch)
  }
  const encoder = new BatchEncoder(findTable(batch.table)!, batch)
  try {
    for (const line of splitLines(plain)) encoder.line(line)
    return encoder.end()
  } catch (error) {
    if (error instanceof BatchFault) throw corrupt(error.message, batch)
    throw error
  }
}

/** Reads the lake's object that a reference names. Throws MESSAGE_NOT_OURS, MESSAGE_CORRUPT or LAKE_UNAVAILABLE. */
async function readReference(
  lake: ClickHouseSinkDeps['lake'],
  batch: BatchAttributes,
  object: string,
): Promise<EncodedBatch> {
  const name = parseLakeName(object)
  if (name === undefined) throw new PipelineError('MESSAGE_NOT_OURS', { attributes: 'object' })
  const { day, ...parts } = name
  if (Object.entries(parts).some(([part, value]) => batch[part as keyof BatchAttributes] !== value)) {
    throw corrupt('the object is of another batch', batch)
  }
  const there = await lake.head(object)
  if (there === undefined) throw corrupt('the object is not in the lake', batch)
  const source = await lake.open(there)
  if (source === undefined)
    throw new PipelineError('LAKE_UNAVAILABLE', { action: 'read', reason: 'it has gone' })
  const encoder = new BatchEncoder(findTable(batch.table)!, { ...batch, day })
  try {
    for await (const lines of gunzipLines(source)) for (const line of lines) encoder.line(line)
    return encoder.end()
  } catch (error) {
    if (error instanceof BatchFault) throw corrupt(`the object: ${error.message}`, batch)
    throw new PipelineError('LAKE_UNAVAILABLE', { action: 'read' })
  }
}

/**
 * Takes a batch of changes into ClickHouse: rows and truncates, then dead letters of what it can't hold, then the
 * batch's line in the ledger. Ending anywhere before and doing all of it again comes to the same.
 */
export function clickHouseSink(deps: ClickHouseSinkDeps): (message: PushMessage) => Promise<void> {
  const { name, store, lake, deadLetters, log, now = () => new Date() } = deps
  return async ({ attributes, data }) => {
    const batch = readAttributes(attributes)
    const { table, topic, partition, firstOffset, lastOffset, count, object } = batch
    const encoded =
      object === undefined ? await readInline(data, batch) : await readReference(lake, batch, object)
    const { rows, truncates, refused } = encoded
    await Promise.all([store.addRows(findTable(table)!, rows), store.addTruncates(truncates)])
    if (refused.length > 0) {
      await sendRefused(deadLetters, batch, refused, name, now())
      log.warn({ table, firstOffset, lastOffset, refused: refused.length }, 'changes went to dead letters')
    }
    await store.addBatch({
      topic,
      partition,
      firstOffset,
      lastOffset,
      changes: count,
      refused: refused.length,
    })
    log.info({ table, firstOffset, lastOffset, count, refused: refused.length }, 'batch is in ClickHouse')
  }
}
