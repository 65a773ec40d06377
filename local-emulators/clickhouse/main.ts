import { mkdir } from 'node:fs/promises'
import { z } from 'zod'
import { Engine } from './engine.ts'
import { serveClickHouse } from './server.ts'

/**
 * ClickHouse for one machine: chdb behind ClickHouse's HTTP interface. `CLICKHOUSE_DIR=… CLICKHOUSE_PORT=8123 node
 * local-emulators/clickhouse/main.ts`; port 0 takes a free one. The first line on stdout names the port.
 */
const settings = z
  .object({
    CLICKHOUSE_DIR: z.string().min(1),
    CLICKHOUSE_PORT: z.coerce.number().int().min(0).max(65535),
    CLICKHOUSE_MEMORY_BYTES: z.coerce.number().int().positive().default(640_000_000),
    CLICKHOUSE_THREADS: z.coerce.number().int().min(1).max(64).default(2),
  })
  .parse(process.env)

await mkdir(settings.CLICKHOUSE_DIR, { recursive: true, mode: 0o700 })
const engine = new Engine({
  dir: settings.CLICKHOUSE_DIR,
  memoryBytes: settings.CLICKHOUSE_MEMORY_BYTES,
  threads: settings.CLICKHOUSE_THREADS,
})
const server = await serveClickHouse(engine, settings.CLICKHOUSE_PORT)
const address = server.address()
const port = typeof address === 'object' && address !== null ? address.port : settings.CLICKHOUSE_PORT
process.stdout.write(`ClickHouse listens on 127.0.0.1:${port}\n`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.close()
    server.closeIdleConnections()
    void engine.close().then(() => process.exit(0))
  })
}
