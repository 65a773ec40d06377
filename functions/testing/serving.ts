import type { createServer } from 'node:http'
import { type HttpFunction, http } from '@google-cloud/functions-framework'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import type { Log } from '../log.ts'
import type { OutgoingMessage, Publisher } from '../publisher.ts'

export interface Served {
  url: string
  post(body: string | Buffer, headers?: Record<string, string>): Promise<Response>
  stop(): Promise<void>
}

let count = 0

/** Serves a function with the real framework on a free port of the loopback. */
export async function serve(handler: HttpFunction): Promise<Served> {
  const name = `tested-${++count}`
  http(name, handler)
  const server = getTestServer(name) as ReturnType<typeof createServer>
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `http://127.0.0.1:${address.port}`
  return {
    url,
    post: (body, headers = { 'content-type': 'application/json' }) =>
      fetch(url, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers }),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

export interface Outbox extends Publisher {
  messages: OutgoingMessage[]
  /** Set to have every publish fail. */
  failure: Error | undefined
}

/** A dead-letter topic in memory that refuses what Pub/Sub would refuse. */
export function outbox(): Outbox {
  const box: Outbox = {
    messages: [],
    failure: undefined,
    async publish(message) {
      if (box.failure) throw box.failure
      const entries = Object.entries(message.attributes)
      const tooLong = entries.some(([name, value]) => name === '' || Buffer.byteLength(value) > 1024)
      if (entries.length > 100 || tooLong) throw new Error('INVALID_ARGUMENT')
      box.messages.push(message)
    },
  }
  return box
}

export interface LogBook extends Log {
  /** Everything that was logged, as text. */
  text(): string
}

export function logBook(): LogBook {
  const lines: string[] = []
  const write = (...parts: unknown[]) => {
    lines.push(JSON.stringify(parts))
  }
  return { debug: write, info: write, warn: write, error: write, text: () => lines.join('\n') } as LogBook
}
