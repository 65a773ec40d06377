import diagnostics from 'node:diagnostics_channel'
import type { IncomingMessage } from 'node:http'
import type { HttpFunction, Request, Response } from '@google-cloud/functions-framework'
import { PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import { serveMetrics, watchRequest } from './metrics.ts'

let raw = false

/**
 * Has the framework hand over bodies as bytes, in whichever host it runs: its JSON parser answers bad JSON with a
 * stack, and logs it, quoting the body.
 */
function takeBodiesRaw(): void {
  if (raw) return
  raw = true
  diagnostics.subscribe('http.server.request.start', (started) => {
    const { request } = started as { request: IncomingMessage }
    request.headers['content-type'] = 'application/octet-stream'
  })
}

/** The bytes of a request's body; undefined when it has none. */
export function bodyOf(request: Request): Buffer | undefined {
  return request.rawBody ?? (Buffer.isBuffer(request.body) ? request.body : undefined)
}

/** Answers with an error as JSON: code, message and what to do, never a row value. */
export function sendError(response: Response, status: number, error: unknown): void {
  response.status(status).json(safeError(error))
}

/** An HTTP function that takes POST, answers GET for health checks and `/metrics`, and refuses the rest. */
export function postFunction(work: (request: Request, response: Response) => Promise<void>): HttpFunction {
  takeBodiesRaw()
  return async (request, response) => {
    if (await serveMetrics(request, response)) return
    if (request.method === 'GET' || request.method === 'HEAD') {
      response.status(200).json({ status: 'ok' })
      return
    }
    if (request.method !== 'POST') {
      response.set('Allow', 'GET, POST')
      sendError(response, 405, new PipelineError('REQUEST_INVALID', { expected: 'POST' }))
      return
    }
    watchRequest(response)
    await work(request, response)
  }
}
