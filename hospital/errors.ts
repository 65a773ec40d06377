import { type ErrorCode, errorCatalog } from './error-catalog.ts'

export type { ErrorCode } from './error-catalog.ts'

/** What is safe to say about an error: places, counts and names, never a row value. */
export type ErrorContext = Record<string, string | number | boolean | null | undefined>

/** The one error of the pipeline. `code` decides whether trying again can help and what a person should do. */
export class PipelineError extends Error {
  readonly code: ErrorCode
  readonly retry: 'never' | 'backoff'
  readonly todo: string
  readonly context: ErrorContext

  constructor(code: ErrorCode, context: ErrorContext = {}, cause?: unknown) {
    const { what, retry, todo } = errorCatalog[code]
    const where = Object.entries(context)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')
    super(where ? `${what} (${where})` : what, cause === undefined ? undefined : { cause })
    this.name = 'PipelineError'
    this.code = code
    this.retry = retry
    this.todo = todo
    this.context = context
  }
}

/** What a function does with the message that caused an error. */
export type Disposition = 'retry' | 'dead-letter'

/** The one place that maps an error: an error that we do not know is tried again, since nothing may be lost. */
export function disposition(error: unknown): Disposition {
  return error instanceof PipelineError && error.retry === 'never' ? 'dead-letter' : 'retry'
}

/** An error as a log line may show it: no message of a foreign error, which could quote a row value. */
export function safeError(error: unknown): { code: string; message: string; todo?: string } {
  if (error instanceof PipelineError) return { code: error.code, message: error.message, todo: error.todo }
  if (error instanceof Error) {
    const code = 'code' in error ? String(error.code) : error.name
    return { code, message: `${error.name} outside the pipeline's own errors` }
  }
  return { code: 'UNKNOWN', message: 'something that is not an Error was thrown' }
}
