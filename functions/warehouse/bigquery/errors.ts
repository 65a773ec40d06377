import { PipelineError } from '@pipeline/hospital/errors.ts'

/** An error as BigQuery gives it: of a request (with `code`) or of a job's status. */
export interface GoogleError {
  code?: number | string
  reason?: string
  message?: string
  errors?: { reason?: string; message?: string }[]
}

const QUOTA = new Set(['quotaExceeded'])
const PASSING = new Set([
  ...['backendError', 'internalError', 'jobBackendError', 'jobInternalError', 'tableUnavailable'],
  ...['rateLimitExceeded', 'userRateLimitExceeded', 'jobRateLimitExceeded', 'resourceInUse'],
  ...['resourcesExceeded', 'timeout', 'stopped'],
])
const REFUSED = new Set([
  ...['accessDenied', 'forbidden', 'authError', 'required', 'notFound', 'invalidQuery', 'invalid'],
  ...[
    'billingNotEnabled',
    'billingTierLimitExceeded',
    'blocked',
    'responseTooLarge',
    'proxyAuthenticationRequired',
  ],
])
/** BigQuery has no reason of its own for a transaction or a statement that lost against another one. */
const LOST_AGAINST_ANOTHER = /concurrent update|could not serialize access/i

/** The reason alone: BigQuery's texts may quote values. */
export function reasonOf(error: GoogleError): string {
  const reason = error.reason ?? error.errors?.find((each) => each.reason)?.reason
  if (reason && /^[A-Za-z]{1,40}$/.test(reason)) return reason
  return error.code === undefined ? 'unknown' : (/^[\w.]{1,40}$/.exec(String(error.code))?.[0] ?? 'unknown')
}

export function codeOf(error: unknown): number | string | undefined {
  return typeof error === 'object' && error !== null ? (error as GoogleError).code : undefined
}

/** Whether the same job under another id may succeed without anything being changed. */
export function isPassing(error: GoogleError): boolean {
  const reason = reasonOf(error)
  if (PASSING.has(reason)) return true
  const texts = [error.message, ...(error.errors ?? []).map(({ message }) => message)]
  if (texts.some((text) => LOST_AGAINST_ANOTHER.test(text ?? ''))) return true
  if (QUOTA.has(reason) || REFUSED.has(reason)) return false
  const { code } = error
  return typeof code !== 'number' || code === 429 || code >= 500
}

/** BigQuery's error as ours. `action` names the step and `place` the table or job; no text of BigQuery's goes along. */
export function ours(error: unknown, action: string, place?: string): PipelineError {
  if (error instanceof PipelineError) return error
  const given = (typeof error === 'object' && error !== null ? error : {}) as GoogleError
  const context = { action, place, reason: reasonOf(given) }
  if (QUOTA.has(context.reason)) return new PipelineError('WAREHOUSE_QUOTA_SPENT', context)
  return new PipelineError(isPassing(given) ? 'WAREHOUSE_UNAVAILABLE' : 'WAREHOUSE_REFUSED', context)
}
