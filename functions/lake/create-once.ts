import { createHash } from 'node:crypto'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Lake, NewObject } from './port.ts'

/** base64, as Cloud Storage has it. */
export function md5Of(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('base64')
}

/** Stores an object once: one that has its name must have its bytes. Throws LAKE_CONFLICT and LAKE_UNAVAILABLE. */
export async function createOnce(
  lake: Pick<Lake, 'create' | 'head'>,
  object: NewObject & { bytes: Uint8Array },
): Promise<'created' | 'exists'> {
  const outcome = await lake.create(object)
  if (outcome === 'exists' && (await lake.head(object.name))?.md5 !== md5Of(object.bytes))
    throw new PipelineError('LAKE_CONFLICT', { object: object.name })
  return outcome
}
