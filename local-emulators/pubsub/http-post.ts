import http from 'node:http'
import https from 'node:https'

/** Answers that Pub/Sub takes for an acknowledgement. */
const acknowledging = new Set([102, 200, 201, 202, 204])

export type PushOutcome = { ok: boolean; reason: string }

/** Posts over connections that are kept open. */
export class HttpPoster {
  readonly #http: http.Agent
  readonly #https: https.Agent
  readonly #open = new Set<http.ClientRequest>()

  constructor(maxSockets: number) {
    const options = { keepAlive: true, maxSockets, maxFreeSockets: 64, scheduling: 'lifo' as const }
    this.#http = new http.Agent(options)
    this.#https = new https.Agent(options)
  }

  /** Posts once and says whether that was an acknowledgement. Never throws. */
  async post(
    url: string,
    headers: Record<string, string>,
    body: Buffer,
    timeoutMs: number,
  ): Promise<PushOutcome> {
    const first = await this.#attempt(url, headers, body, timeoutMs)
    const stale = first.reason === 'stale connection'
    return stale ? this.#attempt(url, headers, body, timeoutMs) : first
  }

  stop(): void {
    for (const request of this.#open) request.destroy()
    this.#http.destroy()
    this.#https.destroy()
  }

  #attempt(
    url: string,
    headers: Record<string, string>,
    body: Buffer,
    timeoutMs: number,
  ): Promise<PushOutcome> {
    return new Promise((resolve) => {
      const secure = url.startsWith('https:')
      const request = (secure ? https : http).request(url, {
        method: 'POST',
        agent: secure ? this.#https : this.#http,
        headers: {
          ...headers,
          'content-length': body.length,
          'user-agent': 'CloudPubSub-Google',
          accept: 'application/json',
        },
      })
      this.#open.add(request)
      const timer = setTimeout(() => {
        settle(false, 'timeout')
        request.destroy()
      }, timeoutMs)
      const settle = (ok: boolean, reason: string): void => {
        clearTimeout(timer)
        resolve({ ok, reason })
      }
      const answer = (code: number | undefined): void =>
        settle(acknowledging.has(code ?? 0), `status ${code}`)
      request.on('information', ({ statusCode }) => {
        if (statusCode === 102) answer(102)
      })
      request.on('response', (response) => {
        answer(response.statusCode)
        response.on('error', () => {})
        response.resume()
      })
      request.on('error', (error: NodeJS.ErrnoException) => {
        const stale = request.reusedSocket && error.code === 'ECONNRESET'
        settle(false, stale ? 'stale connection' : (error.code ?? 'network error'))
      })
      request.on('close', () => this.#open.delete(request))
      request.end(body)
    })
  }
}
