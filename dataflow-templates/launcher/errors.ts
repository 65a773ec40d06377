import { PipelineError } from '@pipeline/hospital/errors.ts'

/** Codes of gRPC; REST answers are given the same. */
const CODES = {
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  INTERNAL: 13,
  UNAVAILABLE: 14,
} as const
const PASSING = new Set<number>([
  CODES.DEADLINE_EXCEEDED,
  CODES.RESOURCE_EXHAUSTED,
  CODES.ABORTED,
  CODES.INTERNAL,
  CODES.UNAVAILABLE,
])
const HTTP: Record<number, number> = { 400: 3, 404: 5, 409: 6, 429: 8, 500: 13, 502: 14, 503: 14, 504: 4 }

function codeOf(error: unknown): number | undefined {
  if (error instanceof PipelineError) return undefined
  const code = (error as { code?: unknown } | null)?.code
  if (typeof code === 'number') return code >= 100 ? (HTTP[code] ?? 2) : code
  // Sockets have codes of their own; they and a missing answer may pass.
  return typeof code === 'string' ? CODES.UNAVAILABLE : undefined
}

export const isPassing = (error: unknown): boolean => PASSING.has(codeOf(error) ?? -1)
export const isThereAlready = (error: unknown): boolean => codeOf(error) === CODES.ALREADY_EXISTS

/** The parameters that a refusal names, of those that were sent: its own text may quote their values. */
function namedIn(error: unknown, names: readonly string[]): string | undefined {
  const text = String((error as { message?: unknown } | null)?.message ?? '')
  const named = names.filter((name) => new RegExp(`(?<![A-Za-z0-9_])${name}(?![A-Za-z0-9_])`).test(text))
  return named.length > 0 ? named.join(', ') : undefined
}

/** An error of the API as ours. */
export function dataflowError(
  error: unknown,
  action: string,
  parameters: readonly string[] = [],
): PipelineError {
  if (error instanceof PipelineError) return error
  const code = codeOf(error)
  const status = Object.entries(CODES).find(([, each]) => each === code)?.[0] ?? `code ${code ?? 'none'}`
  if (isPassing(error)) return new PipelineError('DATAFLOW_UNAVAILABLE', { action, status }, error)
  if (code === CODES.ALREADY_EXISTS) return new PipelineError('JOB_EXISTS', { action }, error)
  if (code === CODES.NOT_FOUND && action !== 'launch')
    return new PipelineError('JOB_UNKNOWN', { action }, error)
  const named = namedIn(error, parameters)
  if (code === CODES.INVALID_ARGUMENT && named !== undefined)
    return new PipelineError('JOB_INVALID', { action, parameters: named, says: 'Dataflow' }, error)
  return new PipelineError('DATAFLOW_REFUSED', { action, status, parameters: named }, error)
}
