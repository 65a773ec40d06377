import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type Answer, type Engine, EngineError } from './engine.ts'
import { RequestError, readBody, readRequest } from './request.ts'

/** ClickHouse's own answers to some errors; any other is 500. */
const STATUS: Record<number, number> = {
  36: 400,
  47: 404,
  48: 501,
  60: 404,
  62: 400,
  81: 404,
  115: 404,
  307: 413,
  354: 400,
  456: 400,
}

async function answer(response: ServerResponse, { format, chunks }: Answer): Promise<void> {
  const left = new AbortController()
  response.once('close', () => left.abort())
  response.setHeader('X-ClickHouse-Format', format)
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  response.setHeader('X-ClickHouse-Summary', '{}')
  for await (const chunk of chunks) {
    if (left.signal.aborted) return
    if (!response.write(chunk)) await once(response, 'drain', { signal: left.signal }).catch(() => {})
  }
  response.end()
}

function fail(response: ServerResponse, error: unknown): void {
  const known = error instanceof EngineError || error instanceof RequestError
  const code = known ? error.code : 1000
  if (response.headersSent) {
    // Half a result is sent: the client must not take it for a whole one.
    response.destroy()
    return
  }
  const text =
    error instanceof RequestError
      ? `Code: ${code}. DB::Exception: ${error.message}. (${error.type})`
      : error instanceof EngineError
        ? error.message
        : 'Code: 1000. DB::Exception: the local engine failed. (POCO_EXCEPTION)'
  response.setHeader('X-ClickHouse-Exception-Code', String(code))
  response.setHeader('Content-Type', 'text/plain; charset=UTF-8')
  response.statusCode = STATUS[code] ?? 500
  response.end(text)
}

async function handle(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://127.0.0.1')
  if (url.pathname === '/ping') {
    response.end('Ok.\n')
    return
  }
  if (url.pathname !== '/') {
    response.writeHead(404).end('There is no handle for this path\n')
    return
  }
  if (request.method === 'GET' && !url.searchParams.has('query')) {
    response.end('Ok.\n')
    return
  }
  try {
    const query = readRequest(url, await readBody(request))
    if (request.method === 'GET') query.settings.readonly ??= '2'
    response.setHeader('X-ClickHouse-Query-Id', query.queryId)
    await engine.run(query, (result) => answer(response, result))
  } catch (error) {
    fail(response, error)
  } finally {
    request.resume()
  }
}

/** ClickHouse's HTTP interface over the engine, on loopback. */
export function serveClickHouse(engine: Engine, port: number): Promise<Server> {
  const server = createServer((request, response) => void handle(engine, request, response))
  server.keepAliveTimeout = 10_000
  server.requestTimeout = 0
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
