import { connectorHealth } from '@pipeline/cdc/connect/connector.ts'
import { withClient } from '@pipeline/cdc/database.ts'
import { statePaths } from '../paths.ts'
import { findStackFile, isAlive, type StackFile } from '../stack-file.ts'
import type { ControlState } from '../supervisor/control.ts'
import { plainTable } from '../table.ts'
import { type AlertsReport, alertLines, readAlerts } from './alerts.ts'

interface PubSubStats {
  subscriptions: Record<
    string,
    { backlog: number; outstanding: number; deadLettered: number; nacked: number }
  >
}

interface Metric {
  name: string
  values: { value: number; labels: Record<string, string> }[]
}

export interface StatusReport {
  state: 'running' | 'degraded' | 'stopped'
  processes: ControlState['processes']
  schedules: ControlState['schedules']
  connector: string
  slotBehindBytes: number | null
  relay: { lag: number; changes: number; events: number; deadLetters: number } | null
  subscriptions: PubSubStats['subscriptions']
  /** Of the pipeline interaction-alerts; null when the lake does not answer. */
  alerts: AlertsReport | null
}

async function json<T>(url: string): Promise<T | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(3_000) })
    return response.ok ? ((await response.json()) as T) : undefined
  } catch {
    return undefined
  }
}

async function slotBehind(stack: StackFile): Promise<number | null> {
  try {
    return await withClient(stack.postgresReaderUrl, async (client) => {
      const { rows } = await client.query<{ behind: string | null }>(
        `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn)::text AS behind
         FROM pg_replication_slots WHERE slot_name = 'hospital_changes'`,
      )
      return rows[0]?.behind ? Number(rows[0].behind) : null
    })
  } catch {
    return null
  }
}

/** Looks at every part of a running stack; what does not answer is left out or null. */
export async function readStatus(stack: StackFile): Promise<StatusReport> {
  const [control, metrics, pubsub, connector, slotBehindBytes, alerts] = await Promise.all([
    json<ControlState>(`${stack.controlUrl}/status`),
    json<Metric[]>(`${stack.relayMetricsUrl}/stats`),
    json<PubSubStats>(`${stack.pubsubHttpUrl}/stats`),
    connectorHealth(stack.connectUrl, stack.connectorName).catch(() => undefined),
    slotBehind(stack),
    readAlerts(stack),
  ])
  const sum = (name: string): number =>
    metrics?.find((metric) => metric.name === name)?.values.reduce((total, { value }) => total + value, 0) ??
    0
  const processes = control?.processes ?? []
  const connectorState = connector ? [connector.connector, ...connector.tasks].join(', ') : 'no answer'
  const healthy =
    processes.length > 0 &&
    processes.every(({ state }) => state === 'ready') &&
    connector?.tasks.every((state) => state === 'RUNNING') === true &&
    slotBehindBytes !== null
  return {
    state: healthy ? 'running' : 'degraded',
    processes,
    schedules: control?.schedules ?? [],
    connector: connectorState,
    slotBehindBytes,
    relay: metrics
      ? {
          lag: sum('relay_lag_records'),
          changes: sum('relay_changes_total'),
          events: sum('relay_events_total'),
          deadLetters: sum('relay_dead_letters_total'),
        }
      : null,
    subscriptions: Object.fromEntries(
      Object.entries(pubsub?.subscriptions ?? {}).map(([name, stats]) => [name.split('/').at(-1)!, stats]),
    ),
    alerts,
  }
}

/** `npm run status`: exit code 1 unless all runs. */
export async function status(options: { json?: boolean }): Promise<void> {
  const stack = await findStackFile(statePaths())
  if (!stack || !isAlive(stack.supervisorPid)) {
    console.log(
      options.json ? JSON.stringify({ state: 'stopped' }) : 'Nothing runs. Start with `npm run up`.',
    )
    process.exitCode = 1
    return
  }
  const report = await readStatus(stack)
  if (report.state !== 'running') process.exitCode = 1
  if (options.json) {
    console.log(JSON.stringify(report))
    return
  }
  const processes = plainTable(['part', 'process', 'state', 'restarts'])
  for (const { name, pid, state, restarts } of report.processes)
    processes.push([name, pid ?? '-', state, restarts])
  const flow = plainTable(['hop', 'state'])
  flow.push([
    'PostgreSQL to Debezium',
    `${report.slotBehindBytes ?? 'no slot or no answer:'} bytes of WAL open`,
  ])
  flow.push(['Debezium', report.connector])
  flow.push([
    'Kafka to Pub/Sub (relay)',
    report.relay
      ? `${report.relay.lag} records open, ${report.relay.changes} changes and ${report.relay.events} events sent, ${report.relay.deadLetters} dead letters`
      : 'no answer',
  ])
  for (const [name, { backlog, deadLettered }] of Object.entries(report.subscriptions)) {
    flow.push([`Pub/Sub to ${name}`, `${backlog} messages open, ${deadLettered} dead letters`])
  }
  for (const { name, lastRun, lastResult } of report.schedules) {
    flow.push([`timer of ${name}`, lastRun ? `last ran ${lastRun}: ${lastResult}` : 'has not run yet'])
  }
  for (const line of alertLines(report.alerts)) flow.push(line)
  console.log(`${processes.toString()}\n${flow.toString()}\nStack: ${report.state}`)
}
