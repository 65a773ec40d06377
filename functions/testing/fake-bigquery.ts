import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { BigQuery } from '@google-cloud/bigquery'
import { bigqueryClient } from '../warehouse/bigquery/client.ts'

type Json = Record<string, unknown>

/** What the API answers to a request: a status and a body, or the body of a 200. */
export type Answer = { status: number; body: Json } | Json

export interface Asked {
  method: string
  /** Below /bigquery/v2/projects/test-project. */
  path: string
  query: URLSearchParams
  body: Json
  upload: boolean
}

export interface FakeBigquery {
  bigquery: BigQuery
  asked: Asked[]
  /** Answers the next requests; undefined is a 404. */
  answer(next: (asked: Asked) => Answer | undefined): void
  stop(): Promise<void>
}

/** An error as the API writes it. */
export function apiError(status: number, reason: string, message = 'Erika Mustermann'): Answer {
  return {
    status,
    body: { error: { code: status, message, errors: [{ reason, message, domain: 'global' }] } },
  }
}

/** A job as the API writes it. */
export function jobOf(id: string, status: Json, rest: Json = {}): Json {
  return {
    kind: 'bigquery#job',
    id: `test-project:EU.${id}`,
    jobReference: { projectId: 'test-project', jobId: id, location: 'EU' },
    status,
    ...rest,
  }
}

export const done = { state: 'DONE' }
export const failed = (reason: string, message = 'value Erika Mustermann'): Json => ({
  state: 'DONE',
  errorResult: { reason, message },
  errors: [{ reason, message }],
})

async function bodyOf(request: IncomingMessage): Promise<Json> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString()
  const json = request.headers['content-type']?.startsWith('multipart/')
    ? text.slice(text.indexOf('{'), text.indexOf('\r\n--', text.indexOf('{')))
    : text
  return json === '' ? {} : (JSON.parse(json) as Json)
}

/** A server that speaks BigQuery's REST API and says what a test has it say. */
export async function startFakeBigquery(): Promise<FakeBigquery> {
  const asked: Asked[] = []
  let next: (asked: Asked) => Answer | undefined = () => undefined
  const serve = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url!, 'http://127.0.0.1')
    const upload = url.pathname.startsWith('/upload')
    const path = url.pathname.replace(/^(\/upload)?\/bigquery\/v2\/projects\/test-project/, '')
    const one: Asked = {
      method: request.method!,
      path,
      query: url.searchParams,
      body: await bodyOf(request),
      upload,
    }
    asked.push(one)
    const given = next(one) ?? apiError(404, 'notFound')
    const { status, body } =
      typeof given.status === 'number'
        ? (given as { status: number; body: Json })
        : { status: 200, body: given }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  const server = createServer((request, response) => {
    // A fault of the test's own script ends the connection; the test then fails by the error that it gets.
    serve(request, response).catch((error: unknown) => {
      console.error(error)
      response.writeHead(400).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    bigquery: bigqueryClient({
      projectId: 'test-project',
      location: 'EU',
      retries: 1,
      emulatorHost: `http://127.0.0.1:${address.port}`,
    }),
    asked,
    answer(given) {
      asked.length = 0
      next = given
    },
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
