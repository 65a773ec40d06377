import {
  Agent,
  createServer,
  type IncomingMessage,
  request,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Disturbance } from '../plan.ts'

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Stands before an HTTP server and passes everything on, except for what it is told to disturb. */
export class FaultProxy {
  readonly #upstream: URL
  readonly #random: () => number
  readonly #server: Server
  readonly #agent = new Agent({ keepAlive: false })
  readonly #active = new Set<{ how: Disturbance; hits: number }>()
  readonly #closing = new AbortController()

  private constructor(upstream: string, random: () => number) {
    this.#upstream = new URL(upstream)
    this.#random = random
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy())
    })
  }

  /** Listens on a free port of loopback. `random` says which requests a disturbance hits. */
  static async start(upstream: string, random: () => number): Promise<FaultProxy> {
    const proxy = new FaultProxy(upstream, random)
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject)
      proxy.#server.listen(0, '127.0.0.1', resolve)
    })
    return proxy
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Disturbs from now on until `end`. */
  disturb(how: Disturbance): { hits: () => number; end: () => void } {
    const active = { how, hits: 0 }
    this.#active.add(active)
    return { hits: () => active.hits, end: () => this.#active.delete(active) }
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#agent.destroy()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const active = [...this.#active].find(({ how }) => this.#random() < how.rate)
    if (!active) return this.#pass(incoming, response)
    active.hits += 1
    const hit = active.how
    if (hit.kind === 'cut' && hit.when === 'before') {
      incoming.socket.destroy()
      return
    }
    const body = await bodyOf(incoming)
    if (hit.kind === 'errors') {
      response.writeHead(hit.status, { 'content-type': 'text/plain' }).end('disturbed on purpose')
      return
    }
    if (hit.kind === 'hold') await sleep(hit.heldMs, undefined, { signal: this.#closing.signal })
    const answer = await this.#ask(incoming, body)
    if (hit.kind === 'cut') {
      await bodyOf(answer)
      incoming.socket.destroy()
      return
    }
    this.#answer(answer, response)
  }

  #pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(incoming)
      outgoing.once('error', reject)
      outgoing.once('response', (answer) => {
        this.#answer(answer, response)
        resolve()
      })
      response.once('close', () => {
        if (!response.writableFinished) outgoing.destroy()
      })
      incoming.pipe(outgoing)
    })
  }

  #ask(incoming: IncomingMessage, body: Buffer): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#request(incoming)
      outgoing.once('error', reject)
      outgoing.once('response', resolve)
      outgoing.end(body)
    })
  }

  #request(incoming: IncomingMessage) {
    const { hostname, port, host } = this.#upstream
    return request({
      agent: this.#agent,
      hostname,
      port,
      method: incoming.method,
      path: incoming.url,
      headers: { ...incoming.headers, host, connection: 'close' },
    })
  }

  #answer(answer: IncomingMessage, response: ServerResponse): void {
    const { connection: _, ...headers } = answer.headers
    response.writeHead(answer.statusCode!, headers)
    answer.once('error', () => response.destroy())
    answer.pipe(response)
  }
}
