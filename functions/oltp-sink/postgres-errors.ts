import { type ErrorContext, PipelineError } from '@pipeline/hospital/errors.ts'

function stateOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
}

const CONFLICTS = new Set(['40001', '40P01'])
/** Bad data, broken constraint, refused by a trigger, or too large for an index. */
const DATA = /^(22|23|44|P0001|54000)/

export const FOREIGN_KEY = '23503'

/** Whether the same statement may go through at once: after a deadlock or a serialization failure. */
export function isConflict(error: unknown): boolean {
  return CONFLICTS.has(stateOf(error) ?? '')
}

/** Whether the rows are at fault, not the server and not its set-up. */
export function isDataError(error: unknown): boolean {
  return DATA.test(stateOf(error) ?? '')
}

export function isForeignKeyError(error: unknown): boolean {
  return stateOf(error) === FOREIGN_KEY
}

/** What may be told of PostgreSQL's error: its SQLSTATE and names, not its message and detail, which quote rows. */
export function placesOf(error: unknown): ErrorContext {
  const { table, constraint, column } = (error ?? {}) as Record<string, string | undefined>
  const code = stateOf(error) ?? (error as { code?: string } | undefined)?.code
  return { sqlState: typeof code === 'string' ? code : undefined, table, constraint, column }
}

/** Any other error of PostgreSQL or of the way to it: DATABASE_UNAVAILABLE. */
export function unavailable(error: unknown): PipelineError {
  return error instanceof PipelineError ? error : new PipelineError('DATABASE_UNAVAILABLE', placesOf(error))
}
