import { type ErrorCode, errorCatalog } from '@pipeline/hospital/error-catalog.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { StackFile } from '../stack-file.ts'

interface Failure {
  code?: string
  message?: string
}

interface Answer extends Failure {
  tables?: Record<string, { error?: Failure }>
}

/** Calls a function of the running stack as Cloud Scheduler would. Throws with the function's own error. */
export async function callFunction<T>(stack: StackFile, name: string, body: unknown = {}): Promise<T> {
  const url = stack.functions[name]
  if (!url)
    throw new PipelineError('REQUEST_INVALID', { function: name, why: 'the stack has no such function' })
  let response: Response
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(3_600_000),
    })
  } catch (error) {
    throw new PipelineError('REQUEST_INVALID', { function: name, why: 'it does not answer' }, error)
  }
  const answer = (await response.json()) as T & Answer
  if (response.ok) return answer
  const failure = answer.code ? answer : Object.values(answer.tables ?? {}).find(({ error }) => error)?.error
  const code = failure?.code && failure.code in errorCatalog ? (failure.code as ErrorCode) : 'REQUEST_INVALID'
  throw new PipelineError(code, { function: name, status: response.status, says: failure?.message })
}
