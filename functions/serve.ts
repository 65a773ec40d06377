import { join } from 'node:path'
import { getTestServer } from '@google-cloud/functions-framework/testing'
import { PipelineError, safeError } from '@pipeline/hospital/errors.ts'
import { manifest } from './manifest.ts'

function fail(error: unknown): never {
  process.stderr.write(`${JSON.stringify({ severity: 'ERROR', ...safeError(error) })}\n`)
  process.exit(1)
}

/**
 * Serves one function with the framework's own server: `FUNCTION_TARGET=lake-sink PORT=8081 node functions/serve.ts`,
 * beside the function's settings. HOST is the loopback unless set. SIGTERM or SIGINT ends it with 0 once the requests
 * in flight are answered; a wrong setting ends it with 1 and a line on stderr.
 */
export async function serve(): Promise<void> {
  process.on('uncaughtException', fail)
  process.on('unhandledRejection', fail)

  const { FUNCTION_TARGET, PORT, HOST = '127.0.0.1' } = process.env
  const entry = manifest.find(({ name, runtime }) => name === FUNCTION_TARGET && runtime.startsWith('nodejs'))
  if (!entry) fail(new PipelineError('SETTING_INVALID', { settings: 'FUNCTION_TARGET names no function' }))
  const port = Number(PORT || Number.NaN)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    fail(new PipelineError('SETTING_INVALID', { settings: 'PORT is no port' }))
  }

  await import(join(import.meta.dirname, entry.folder, 'index.ts'))
  const server = getTestServer(entry.entryPoint)
  let stopping = false
  server.on('request', (_request, response) => {
    if (stopping && !response.headersSent) response.setHeader('Connection', 'close')
  })
  server.setTimeout(0)
  server.requestTimeout = 0
  server.keepAliveTimeout = 620_000
  server.listen(port, HOST, () => {
    const address = server.address()
    const bound = typeof address === 'object' && address !== null ? address.port : port
    process.stdout.write(
      `${JSON.stringify({ severity: 'INFO', message: `${entry.name} listens on ${HOST}:${bound}` })}\n`,
    )
  })

  function stop(): void {
    if (stopping) return
    stopping = true
    const idle = setInterval(() => server.closeIdleConnections(), 50)
    server.close(() => {
      clearInterval(idle)
      process.exit(0)
    })
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

if (import.meta.main) await serve()
