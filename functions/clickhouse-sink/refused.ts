import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { deadLetterAttributes } from '@pipeline/hospital/dead-letter.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { BatchAttributes } from '../batch/attributes.ts'
import type { OutgoingMessage, Publisher } from '../publisher.ts'
import type { RefusedChange } from './batch.ts'

const compress = promisify(gzip)
const PARALLEL = 16

/** A refused change as a batch of its own: what lies in dead letters can be published again as it is. */
async function letter(
  batch: BatchAttributes,
  refused: RefusedChange,
  source: string,
  at: string,
): Promise<OutgoingMessage> {
  const { table, topic, partition, object } = batch
  const { offset, column, expected, committedAt, line } = refused
  const { message: reason } = new PipelineError('RECORD_BAD_VALUE', {
    topic,
    partition,
    offset,
    table,
    column,
    expected,
  })
  const origin = { topic, partition, offset }
  const note = { code: 'RECORD_BAD_VALUE', reason, source, at, originAt: committedAt, ...origin }
  const range = { firstOffset: String(offset), lastOffset: String(offset), count: '1' }
  const common = { table, topic, partition: String(partition) }
  if (object !== undefined && batch.count === 1) {
    const attributes = { ...common, ...range, format: 'reference', object }
    return { data: Buffer.alloc(0), attributes: deadLetterAttributes(note, attributes) }
  }
  const data = await compress(`${line}\n`)
  return { data, attributes: deadLetterAttributes(note, { ...common, ...range, format: 'ndjson.gz' }) }
}

/** Sends refused changes to dead letters, each by itself with its own offset. Throws PUBSUB_UNAVAILABLE. */
export async function sendRefused(
  publisher: Publisher,
  batch: BatchAttributes,
  refused: readonly RefusedChange[],
  source: string,
  now: Date,
): Promise<void> {
  const at = now.toISOString()
  for (let start = 0; start < refused.length; start += PARALLEL) {
    const some = refused.slice(start, start + PARALLEL)
    await Promise.all(some.map(async (each) => publisher.publish(await letter(batch, each, source, at))))
  }
}
