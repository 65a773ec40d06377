import { findTable } from '@pipeline/hospital/catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Followed, Follower } from './steps.ts'

const PATIENCE_MS = 15_000

/** Whether a table and a key could be ones of the catalog. Throws REQUEST_INVALID. */
export function checkFollowed(table: string, key: string): void {
  if (!findTable(table)) throw new PipelineError('REQUEST_INVALID', { expected: 'a table of the catalog' })
  if (!/^-?\d{1,19}$/.test(key))
    throw new PipelineError('REQUEST_INVALID', { expected: 'a whole number as key' })
}

/** Asks the supervisor of the local stack. */
export function httpFollower(url: string): Follower {
  return {
    async follow(table, key) {
      checkFollowed(table, key)
      const unavailable = (part: object, cause?: unknown): PipelineError =>
        new PipelineError('FOLLOW_UNAVAILABLE', { ...part }, cause)
      let response: Response
      try {
        response = await fetch(`${url}?${new URLSearchParams({ table, key })}`, {
          signal: AbortSignal.timeout(PATIENCE_MS),
        })
      } catch (error) {
        throw unavailable({ part: 'supervisor' }, error)
      }
      if (response.status === 404) return undefined
      const body = (await response.json().catch(() => ({}))) as Followed & { part?: string }
      if (!response.ok) throw unavailable({ part: body.part ?? 'supervisor' })
      return body
    },
  }
}
