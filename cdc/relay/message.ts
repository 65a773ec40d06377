import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { lakeName } from '@pipeline/hospital/lake-names.ts'
import type { Batch } from './batch.ts'

const compress = promisify(gzip)

/** Pub/Sub takes 10 MB a message with its attributes. */
export const MAX_MESSAGE_BYTES = 9_000_000

export interface BatchMessage {
  data: Buffer
  attributes: Record<string, string>
}

function attributesOf(batch: Batch, format: string): Record<string, string> {
  return {
    table: batch.table,
    topic: batch.topic,
    partition: String(batch.partition),
    firstOffset: String(batch.firstOffset),
    lastOffset: String(batch.lastOffset),
    count: String(batch.count),
    format,
  }
}

/** The batch as gzip of NDJSON: the same batch gives the same bytes. */
export async function encodeBatch(batch: Batch): Promise<BatchMessage> {
  const data = await compress(batch.ndjson, { level: 1, chunkSize: 262_144 })
  return { data, attributes: attributesOf(batch, 'ndjson.gz') }
}

/** The message that stands for a batch which is too large for Pub/Sub and lies in the lake already. */
export function referenceTo(batch: Batch): BatchMessage {
  return {
    data: Buffer.alloc(0),
    attributes: { ...attributesOf(batch, 'reference'), object: objectOf(batch) },
  }
}

/** The name of the batch's object in the lake. */
export function objectOf(batch: Batch): string {
  return lakeName(batch)
}
