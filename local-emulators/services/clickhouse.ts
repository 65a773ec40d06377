import type { ServiceSpec } from '../supervisor/managed-process.ts'
import { until } from '../supervisor/wait.ts'
import { nodeProcess } from './node-process.ts'

export interface ClickHouseServiceOptions {
  dir: string
  port: number
}

/** Whom the local engine takes everyone for, and where the sink writes. */
export const CLICKHOUSE_ACCOUNT = { username: 'default', database: 'hospital' } as const

export function clickhouseUrl(port: number): string {
  return `http://127.0.0.1:${port}`
}

/** ClickHouse itself, in a process of ours behind its HTTP interface. */
export function clickhouseService({ dir, port }: ClickHouseServiceOptions): ServiceSpec {
  return {
    name: 'clickhouse',
    ...nodeProcess('local-emulators/clickhouse/main.ts', 256),
    env: { CLICKHOUSE_DIR: dir, CLICKHOUSE_PORT: String(port) },
    ready: (signal) =>
      until(
        async () => {
          const response = await fetch(`${clickhouseUrl(port)}/?query=SELECT%201`, { signal })
          if (!response.ok) throw new Error(`ClickHouse answers ${response.status}`)
        },
        signal,
        50,
      ),
  }
}
