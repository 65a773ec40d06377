import { createServer, type Server } from 'node:http'
import type { ProcessState } from './managed-process.ts'

export interface ControlState {
  processes: ProcessState[]
  schedules: { name: string; lastRun: string | null; lastResult: string | null }[]
}

/** Answers `GET /status` for `npm run status`, on loopback only. */
export function serveControl(port: number, state: () => ControlState): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url !== '/status') return response.writeHead(404).end()
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(state()))
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server))
  })
}
