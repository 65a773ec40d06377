import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Case, until } from './harness.ts'

export interface Push {
  headers: IncomingHttpHeaders
  body: Buffer
  at: number
}

export interface Envelope {
  message: Record<string, unknown> & { attributes: Record<string, string>; messageId: string; data?: string }
  subscription: string
  deliveryAttempt?: number
}

/** The status to answer with, perhaps later, or undefined for none at all. */
export type Answer = (push: Push, index: number) => number | undefined | Promise<number | undefined>

/** An endpoint that pushes go to. */
export class Endpoint {
  readonly pushes: Push[] = []
  readonly #server: Server
  connections = 0
  underWay = 0
  mostUnderWay = 0

  private constructor(answer: Answer) {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
      const push = { headers: request.headers, body: Buffer.concat(chunks), at: Date.now() }
      this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay)
      const index = this.pushes.push(push) - 1
      const code = await answer(push, index)
      this.underWay--
      if (code === undefined) return
      if (code === 102) response.writeProcessing()
      response.writeHead(code === 102 ? 500 : code).end()
    })
    this.#server.on('connection', () => this.connections++)
  }

  /** Starts one for a case. */
  static async start(c: Case, answer: Answer = () => 204): Promise<Endpoint> {
    const endpoint = new Endpoint(answer)
    await new Promise<void>((resolve) => endpoint.#server.listen(0, '127.0.0.1', resolve))
    c.after(async () => {
      endpoint.#server.closeAllConnections()
      endpoint.#server.close()
    })
    return endpoint
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/push`
  }

  async expect(count: number, timeoutMs = 8000): Promise<Push[]> {
    await until(() => this.pushes.length >= count, `${count} pushes`, timeoutMs)
    return this.pushes
  }
}

/** The JSON envelope of a push. */
export const envelope = (push: Push): Envelope => JSON.parse(push.body.toString()) as Envelope
/** The data in the envelope of a push, as text. */
export const dataOf = (push: Push): string =>
  Buffer.from(envelope(push).message.data ?? '', 'base64').toString()
