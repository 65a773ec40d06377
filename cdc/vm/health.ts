import { createServer } from 'node:http'
import { pino } from 'pino'

/**
 * What Google's health check asks: 200 while the parts of the VM answer. PostgreSQL and Pub/Sub are not asked for: a
 * new VM would not bring them back.
 */
const logger = pino({ name: 'health' })
const PARTS: Record<string, string> = {
  redpanda: 'http://127.0.0.1:9644/v1/status/ready',
  connect: 'http://127.0.0.1:8083/',
  relay: 'http://127.0.0.1:9464/metrics',
  guard: 'http://127.0.0.1:9465/metrics',
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(4_000) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}

async function failing(): Promise<string[]> {
  const parts = await Promise.all(
    Object.entries(PARTS).map(async ([name, url]) => ((await answers(url)) ? [] : [name])),
  )
  return parts.flat()
}

const server = createServer(async (_request, response) => {
  const parts = await failing()
  if (parts.length > 0) logger.warn({ parts }, 'parts do not answer')
  response.writeHead(parts.length === 0 ? 200 : 503, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ failing: parts }))
})
server.listen(Number(process.env.HEALTH_PORT ?? 9100))
process.once('SIGTERM', () => server.close(() => process.exit(0)))
