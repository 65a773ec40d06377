import { findTable } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { isSafeTable, isSafeTopic } from '@pipeline/hospital/lake-names.ts'
import { z } from 'zod'
import type { BatchClaim } from './check.ts'

const whole = z
  .string()
  .regex(/^(0|[1-9]\d{0,15})$/)
  .transform(Number)
  .refine(Number.isSafeInteger)

const schema = z.discriminatedUnion('format', [
  z.object({ format: z.literal('ndjson.gz'), ...common() }),
  z.object({ format: z.literal('reference'), ...common(), object: z.string().min(1).max(1024) }),
])

function common() {
  return {
    table: z.string().refine(isSafeTable),
    topic: z.string().refine(isSafeTopic),
    partition: whole.refine((partition) => partition <= 0x7fffffff),
    firstOffset: whole,
    lastOffset: whole,
    count: whole,
  }
}

export type BatchAttributes = BatchClaim & { count: number; object?: string }

/**
 * Reads the attributes of a batch; `object` is there for a reference only. Throws PipelineError MESSAGE_NOT_OURS for
 * another set of attributes, RECORD_UNKNOWN_TABLE, and MESSAGE_CORRUPT for a range and a count that contradict.
 */
export function readAttributes(attributes: Record<string, string>): BatchAttributes {
  const result = schema.safeParse(attributes)
  if (!result.success) {
    const wrong = [...new Set(result.error.issues.map(({ path }) => String(path[0])))].join(', ')
    throw new PipelineError('MESSAGE_NOT_OURS', { attributes: wrong })
  }
  const { format: _, ...batch } = result.data
  const { table, firstOffset, lastOffset, count } = batch
  if (findTable(table) === undefined) throw new PipelineError('RECORD_UNKNOWN_TABLE', { table })
  if (count < 1 || lastOffset < firstOffset || count > lastOffset - firstOffset + 1) {
    throw new PipelineError('MESSAGE_CORRUPT', { reason: 'the count does not fit the offsets', table })
  }
  return batch
}
