import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { ZodError } from 'zod'
import type { Chaos } from './chaos.ts'
import { issuer, type OidcSigner } from './oidc.ts'
import type { EmulatorStats } from './stats.ts'

export interface HttpParts {
  chaos: Chaos
  signer: OidcSigner
  stats: () => EmulatorStats
}

const largestBody = 65_536

/** The small HTTP side: /healthz, /stats, /chaos, and the public keys of the push tokens. */
export function createHttpServer(parts: HttpParts): Server {
  return createServer((request, response) => {
    route(parts, request, response).catch(() => send(response, 500, { error: 'internal error' }))
  })
}

async function route(parts: HttpParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  const known = ['/healthz', '/stats', '/chaos', '/oauth2/v3/certs', '/.well-known/openid-configuration']
  if (!known.includes(pathname)) return send(response, 404, { error: 'not found', known })
  const writes = pathname === '/chaos' && (request.method === 'POST' || request.method === 'DELETE')
  if (!writes && request.method !== 'GET') return send(response, 405, { error: 'method not allowed' })
  if (writes) return changeChaos(parts.chaos, request, response)
  const answers: Record<string, () => object> = {
    '/healthz': () => ({ status: 'ok' }),
    '/stats': parts.stats,
    '/chaos': () => parts.chaos.settings,
    '/oauth2/v3/certs': () => parts.signer.jwks,
    '/.well-known/openid-configuration': () => discovery(request),
  }
  send(response, 200, answers[pathname]!())
}

function discovery(request: IncomingMessage): object {
  return {
    issuer,
    jwks_uri: `http://${request.headers.host}/oauth2/v3/certs`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
    claims_supported: ['aud', 'azp', 'email', 'email_verified', 'exp', 'iat', 'iss', 'sub'],
  }
}

async function changeChaos(chaos: Chaos, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === 'DELETE') return send(response, 200, chaos.set({}))
  const body = await read(request)
  if (body === undefined) return send(response, 413, { error: 'too large' })
  try {
    send(response, 200, chaos.set(JSON.parse(body)))
  } catch (error) {
    if (error instanceof SyntaxError) return send(response, 400, { error: 'not JSON' })
    if (error instanceof ZodError)
      return send(response, 400, { error: 'invalid settings', issues: error.issues })
    throw error
  }
}

async function read(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > largestBody) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
