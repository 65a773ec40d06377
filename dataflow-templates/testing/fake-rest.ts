import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import protobuf from 'protobufjs'
import type { FakeDataflow, Method } from './fake-dataflow.ts'
import { PROTOS, Refusal } from './protos.ts'

const root = protobuf.Root.fromJSON(JSON.parse(readFileSync(PROTOS, 'utf8')))
const STATUS: Record<number, [number, string]> = {
  3: [400, 'INVALID_ARGUMENT'],
  4: [504, 'DEADLINE_EXCEEDED'],
  5: [404, 'NOT_FOUND'],
  6: [409, 'ALREADY_EXISTS'],
  7: [403, 'PERMISSION_DENIED'],
  8: [429, 'RESOURCE_EXHAUSTED'],
  13: [500, 'INTERNAL'],
  14: [503, 'UNAVAILABLE'],
}
const PATH = /^\/v1b3\/projects\/([^/]+)\/locations\/([^/]+)\/(flexTemplates:launch|jobs(?:\/([^/?]+))?)$/

/** A request as its proto has it; a field that the proto does not know is refused, as the API does. */
function check(type: string, value: Record<string, unknown>): Record<string, unknown> {
  const known = root.lookupType(`google.dataflow.v1beta3.${type}`)
  const unknown = (of: protobuf.Type, object: Record<string, unknown>): string | undefined => {
    for (const [name, inner] of Object.entries(object)) {
      const field = of.fields[name] ?? Object.values(of.fields).find((each) => each.name === name)
      if (!field) return name
      field.resolve()
      const message = field.resolvedType instanceof protobuf.Type ? field.resolvedType : undefined
      if (message && !field.map && typeof inner === 'object' && inner !== null) {
        const wrong = unknown(message, inner as Record<string, unknown>)
        if (wrong) return `${name}.${wrong}`
      }
    }
    return undefined
  }
  const wrong = unknown(known, value)
  if (wrong) throw new Refusal(3, `Invalid JSON payload received. Unknown name "${wrong}"`)
  return known.toObject(known.fromObject(value), { enums: String, longs: String })
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>)
}

/** The fake over REST, by the addresses that the protos' annotations name. */
export async function serveRest(fake: FakeDataflow): Promise<{ port: number; stop(): Promise<void> }> {
  const server = createServer(async (request, response) => {
    const url = new URL(request.url!, 'http://localhost')
    response.setHeader('content-type', 'application/json')
    try {
      const [, projectId, location, what, jobId] = PATH.exec(decodeURIComponent(url.pathname)) ?? []
      const place = { projectId: projectId!, location: location! }
      const method: Method | undefined =
        request.method === 'POST' && what === 'flexTemplates:launch'
          ? 'LaunchFlexTemplate'
          : request.method === 'GET' && what === 'jobs'
            ? 'ListJobs'
            : request.method === 'PUT' && jobId
              ? 'UpdateJob'
              : undefined
      if (!method) throw new Refusal(5, `no such address: ${request.method} ${url.pathname}`)
      const body = await bodyOf(request)
      const asked =
        method === 'ListJobs'
          ? check('ListJobsRequest', { ...place, ...withoutSystem(url.searchParams) })
          : method === 'UpdateJob'
            ? check('UpdateJobRequest', { ...place, jobId, job: body })
            : check('LaunchFlexTemplateRequest', { ...place, ...body })
      response.end(JSON.stringify(forJson(fake.answer('rest', method, asked, { ...request.headers }))))
    } catch (error) {
      const [status, name] = STATUS[error instanceof Refusal ? error.code : 13] ?? [500, 'INTERNAL']
      response.statusCode = status
      response.end(
        JSON.stringify({ error: { code: status, status: name, message: (error as Error).message } }),
      )
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** `$alt=json;enum-encoding=int` and its like are the transport's, and enums come as numbers. */
function withoutSystem(query: URLSearchParams): Record<string, unknown> {
  const values = [...query].filter(([name]) => !name.startsWith('$'))
  return Object.fromEntries(
    values.map(([name, value]) => [name, name === 'filter' && /^\d+$/.test(value) ? Number(value) : value]),
  )
}

/** Timestamps travel as text in JSON. */
function forJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, each) =>
    each && typeof each === 'object' && 'seconds' in each
      ? new Date(Number(each.seconds) * 1000).toISOString()
      : each,
  )
}
