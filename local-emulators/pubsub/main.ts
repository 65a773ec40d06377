import pino from 'pino'
import { z } from 'zod'
import { startPubSubEmulator } from './server.ts'

const port = z.coerce.number().int().min(0).max(65_535)

const environment = z
  .object({
    PUBSUB_PORT: port.default(8085),
    PUBSUB_HTTP_PORT: port.default(8086),
    LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  })
  .parse(process.env)

const logger = pino({ name: 'pubsub-emulator', level: environment.LOG_LEVEL })

const emulator = await startPubSubEmulator({
  port: environment.PUBSUB_PORT,
  httpPort: environment.PUBSUB_HTTP_PORT,
  logger,
})

process.stdout.write(`${JSON.stringify({ ready: true, host: emulator.host, httpUrl: emulator.httpUrl })}\n`)

for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void emulator.stop())
