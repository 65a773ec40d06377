import { type ErrorContext, PipelineError } from '@pipeline/hospital/errors.ts'

const NO_CONNECTION = new Set(['57P01', '57P02', '57P03', '53300'])
const TRY_AGAIN = new Set(['40001', '40P01', '55P03'])

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

function isSqlState(code: string | undefined): code is string {
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code)
}

/** Whether the connection is gone or could not be had, so that another may help. */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof PipelineError || error instanceof RangeError || error instanceof TypeError)
    return false
  const code = codeOf(error)
  return !isSqlState(code) || code.startsWith('08') || NO_CONNECTION.has(code)
}

/** Whether the same transaction may go through at the next attempt, such as after a deadlock. */
export function isConflict(error: unknown): boolean {
  return TRY_AGAIN.has(codeOf(error) ?? '')
}

/** An error as may be shown: no message, detail or cause of PostgreSQL, which quote row values. */
export function toPipelineError(error: unknown, context: ErrorContext): PipelineError {
  if (error instanceof PipelineError) return error
  const named = error as { table?: string; constraint?: string; name?: string }
  return new PipelineError('DATABASE_UNAVAILABLE', {
    ...context,
    code: codeOf(error) ?? named?.name,
    table: named?.table,
    constraint: named?.constraint,
  })
}
