import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Follower } from '@pipeline/dashboard/follow/steps.ts'
import type { Observation } from '@pipeline/dashboard/health/observation.ts'
import { PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import type { ProcessState } from './managed-process.ts'

export interface ControlState {
  processes: ProcessState[]
  schedules: { name: string; lastRun: string | null; lastResult: string | null }[]
}

export interface Control {
  state(): ControlState
  observe(): Promise<Observation>
  follower: Follower
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

async function answer(control: Control, url: URL, response: ServerResponse): Promise<void> {
  switch (url.pathname) {
    case '/status':
      return send(response, 200, control.state())
    case '/observation':
      return send(response, 200, await control.observe())
    case '/follow': {
      const [table, key] = [url.searchParams.get('table') ?? '', url.searchParams.get('key') ?? '']
      const found = await control.follower.follow(table, key)
      return send(response, found ? 200 : 404, found ?? {})
    }
    default:
      return send(response, 404, {})
  }
}

/** Says how the stack is, and follows a change through it, on `host`: `/status`, `/observation`, `/follow`. */
export function serveControl(port: number, control: Control, host = '127.0.0.1'): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    answer(control, url, response).catch((error: unknown) => {
      const part = error instanceof PipelineError ? error.context.part : undefined
      send(response, error instanceof PipelineError && error.code === 'REQUEST_INVALID' ? 400 : 503, {
        ...safeError(error),
        part,
      })
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve(server))
  })
}
