import { readFile } from 'node:fs/promises'
import { PipelineError } from '@pipeline/hospital/errors.ts'

interface Connector {
  name: string
  config: Record<string, string>
}

export interface ConnectorHealth {
  connector: string
  tasks: string[]
  /** Names of the exceptions that stopped tasks; their texts may quote values. */
  reasons: string[]
}

/** The connector's configuration, as it is sent to Connect; its `${env:…}` are resolved inside the worker. */
export async function readConnector(): Promise<Connector> {
  return JSON.parse(await readFile(new URL('./connector.json', import.meta.url), 'utf8')) as Connector
}

async function call(url: string, init?: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, signal: AbortSignal.timeout(30_000) })
  } catch (error) {
    throw new PipelineError('KAFKA_UNAVAILABLE', { part: 'Connect', url }, error)
  }
}

/** Registers the connector or brings it to the given configuration. `connectUrl` is Connect's REST address. */
export async function applyConnector(connectUrl: string, connector: Connector): Promise<void> {
  const response = await call(`${connectUrl}/connectors/${connector.name}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(connector.config),
  })
  if (!response.ok) {
    throw new PipelineError('KAFKA_UNAVAILABLE', { part: 'Connect', status: response.status })
  }
}

/** What Connect says of the connector and its tasks. RUNNING is no proof of health: PostgreSQL may be away. */
export async function connectorHealth(connectUrl: string, name: string): Promise<ConnectorHealth> {
  const response = await call(`${connectUrl}/connectors/${name}/status`)
  if (!response.ok) throw new PipelineError('KAFKA_UNAVAILABLE', { part: 'Connect', status: response.status })
  const status = (await response.json()) as {
    connector: { state: string }
    tasks: { state: string; trace?: string }[]
  }
  const named = /^(?:Caused by: )?(?:[a-z]\w*\.)+(\w+)/gm
  const reasons = status.tasks.flatMap(({ trace }) =>
    [...(trace ?? '').matchAll(named)].map((match) => match[1]!),
  )
  return {
    connector: status.connector.state,
    tasks: status.tasks.map((task) => task.state),
    reasons: [...new Set(reasons)],
  }
}

/** Starts a connector and those of its tasks again that have failed. Returns why they had; undefined if none had. */
export async function restartFailed(connectUrl: string, name: string): Promise<string[] | undefined> {
  const health = await connectorHealth(connectUrl, name)
  if (![health.connector, ...health.tasks].includes('FAILED')) return undefined
  await call(`${connectUrl}/connectors/${name}/restart?includeTasks=true&onlyFailed=true`, { method: 'POST' })
  return health.reasons
}
