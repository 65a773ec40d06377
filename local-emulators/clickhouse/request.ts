import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

/** What a request asks of the engine. */
export interface QueryRequest {
  sql: string
  database: string | undefined
  /** Where the query itself names none. */
  format: string
  settings: Record<string, string>
  /** Values of `{name:Type}`, in ClickHouse's escaped form. */
  params: Record<string, string>
  queryId: string
}

/** A request that never reaches the engine, with ClickHouse's own number for it. */
export class RequestError extends Error {
  readonly code: number
  readonly type: string

  constructor(code: number, type: string, message: string) {
    super(message)
    this.name = 'RequestError'
    this.code = code
    this.type = type
  }
}

export const MAX_BODY_BYTES = 256 * 1024 * 1024
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
/** Parameters of the interface that are no settings; users and roles are not known here. */
const IGNORED = new Set(['user', 'password', 'quota_key', 'role', 'wait_end_of_query', 'buffer_size'])
const REFUSED = new Set(['session_id', 'session_timeout', 'session_check', 'compress', 'decompress'])

function decoded(request: IncomingMessage): Readable {
  switch (request.headers['content-encoding'] ?? 'identity') {
    case 'identity':
      return request
    case 'gzip':
      return request.pipe(createGunzip())
    case 'deflate':
      return request.pipe(createInflate())
    case 'br':
      return request.pipe(createBrotliDecompress())
    default:
      throw new RequestError(48, 'NOT_IMPLEMENTED', 'this Content-Encoding is not known here')
  }
}

/** The body as text. Throws RequestError on what is too large, badly compressed or not UTF-8. */
export async function readBody(request: IncomingMessage, maxBytes = MAX_BODY_BYTES): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of decoded(request) as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > maxBytes) break
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof RequestError) throw error
    throw new RequestError(354, 'ZLIB_INFLATE_FAILED', 'the body can not be read')
  }
  if (bytes > maxBytes)
    throw new RequestError(307, 'TOO_MANY_BYTES', `a body has at most ${maxBytes} bytes here`)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks))
  } catch {
    throw new RequestError(48, 'NOT_IMPLEMENTED', 'bodies are taken as UTF-8 text only, in a text format')
  }
}

/** Puts a request's URL and body together as ClickHouse does: the body follows the query of the URL. */
export function readRequest(url: URL, body: string): QueryRequest {
  const query = url.searchParams.get('query') ?? ''
  const sql = query === '' ? body : body === '' ? query : `${query}\n${body}`
  if (sql.trim() === '') throw new RequestError(62, 'SYNTAX_ERROR', 'Empty query')
  const request: QueryRequest = {
    sql,
    database: url.searchParams.get('database') ?? undefined,
    format: url.searchParams.get('default_format') ?? 'TabSeparated',
    settings: {},
    params: {},
    queryId: url.searchParams.get('query_id') ?? crypto.randomUUID(),
  }
  for (const [name, value] of url.searchParams) {
    if (['query', 'database', 'default_format', 'query_id'].includes(name) || IGNORED.has(name)) continue
    if (REFUSED.has(name) && value !== '0') {
      throw new RequestError(48, 'NOT_IMPLEMENTED', `${name} is not known here`)
    }
    if (REFUSED.has(name)) continue
    const plain = name.replace(/^param_/, '')
    if (!NAME.test(plain)) throw new RequestError(115, 'UNKNOWN_SETTING', 'no name of a setting')
    if (name.startsWith('param_')) request.params[plain] = value
    else request.settings[name] = value
  }
  return request
}

const FORMAT = /\bFORMAT\s+([A-Za-z0-9]+)\s*(?:SETTINGS\s[^;]*)?;?\s*$/i
const READS = /^(?:\s|--[^\n]*\n|\/\*[\s\S]*?\*\/|\()*(SELECT|WITH)\b/i
/** Formats whose rows stand alone, so that pieces of a result can follow each other. */
const ROW_FORMATS = new Set([
  'JSONEachRow',
  'JSONCompactEachRow',
  'JSONStringsEachRow',
  'JSONCompactStringsEachRow',
  'TabSeparated',
  'TSV',
  'CSV',
])

/** The format of the answer, and whether it can be sent while it is made. */
export function answerFormat({ sql, format }: Pick<QueryRequest, 'sql' | 'format'>): {
  format: string
  streams: boolean
} {
  const reads = READS.test(sql)
  const named = reads ? (FORMAT.exec(sql)?.[1] ?? format) : format
  return { format: named, streams: reads && ROW_FORMATS.has(named) }
}
