import { connectorHealth } from '@pipeline/cdc/connect/connector.ts'
import type { Health, State } from '@pipeline/dashboard/health/health.ts'
import { judge } from '@pipeline/dashboard/health/judge.ts'
import type { Observation } from '@pipeline/dashboard/health/observation.ts'
import { pubsubStats, relayFigures, slotFigures } from '../health/sources.ts'
import { statePaths } from '../paths.ts'
import type { EmulatorStats } from '../pubsub/stats.ts'
import { findStackFile, isAlive, type StackFile } from '../stack-file.ts'
import type { ControlState } from '../supervisor/control.ts'
import { plainTable } from '../table.ts'
import { type AlertsReport, alertLines, readAlerts } from './alerts.ts'

export interface StatusReport {
  state: 'running' | 'degraded' | 'stopped'
  /** The same as the trust panel of the page. */
  health: Health
  processes: ControlState['processes']
  schedules: ControlState['schedules']
  connector: string
  slotBehindBytes: number | null
  relay: { lag: number; changes: number; events: number; deadLetters: number } | null
  subscriptions: EmulatorStats['subscriptions']
  /** Of the pipeline interaction-alerts; null when the lake does not answer. */
  alerts: AlertsReport | null
}

async function ofSupervisor<T>(stack: StackFile, path: string): Promise<T | undefined> {
  try {
    const response = await fetch(`${stack.controlUrl}${path}`, { signal: AbortSignal.timeout(10_000) })
    return response.ok ? ((await response.json()) as T) : undefined
  } catch {
    return undefined
  }
}

/** Looks at every part of a running stack; what does not answer is left out or null. */
export async function readStatus(stack: StackFile): Promise<StatusReport> {
  const none = () => undefined
  const [control, relay, pubsub, connector, slot, seen, alerts] = await Promise.all([
    ofSupervisor<ControlState>(stack, '/status'),
    relayFigures(stack).catch(none),
    pubsubStats(stack).catch(none),
    connectorHealth(stack.connectUrl, stack.connectorName).catch(none),
    slotFigures(stack).catch(none),
    ofSupervisor<Observation>(stack, '/observation'),
    readAlerts(stack),
  ])
  const processes = control?.processes ?? []
  const slotBehindBytes = slot?.behindBytes ?? null
  const healthy =
    processes.length > 0 &&
    processes.every(({ state }) => state === 'ready') &&
    connector?.tasks.every((state) => state === 'RUNNING') === true &&
    slotBehindBytes !== null
  return {
    state: healthy ? 'running' : 'degraded',
    health: judge(seen ?? { at: new Date().toISOString(), parts: null }),
    processes,
    schedules: control?.schedules ?? [],
    connector: connector ? [connector.connector, ...connector.tasks].join(', ') : 'no answer',
    slotBehindBytes,
    relay: relay
      ? {
          lag: relay.openRecords,
          changes: relay.changes,
          events: relay.events,
          deadLetters: relay.deadLetters,
        }
      : null,
    subscriptions: Object.fromEntries(
      Object.entries(pubsub?.subscriptions ?? {}).map(([name, stats]) => [name.split('/').at(-1)!, stats]),
    ),
    alerts,
  }
}

const SIGNS: Record<State, string> = { good: 'good', unknown: '-', late: 'LATE', bad: 'BAD' }

/** The trust panel of the page as a table. */
function healthTable({ checks }: Health): string {
  const table = plainTable(['check', 'state', 'what is', 'what to do'])
  for (const { title, state, value, todo } of checks) table.push([title, SIGNS[state], value, todo ?? ''])
  return table.toString()
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
  const timers = plainTable(['timer', 'last run'])
  for (const { name, lastRun, lastResult } of report.schedules) {
    timers.push([name, lastRun ? `${lastRun}: ${lastResult}` : 'has not run yet'])
  }
  const timed = report.schedules.length > 0 ? `${timers.toString()}\n` : ''
  const alerts = plainTable(['alerts', 'state'])
  for (const line of alertLines(report.alerts)) alerts.push(line)
  console.log(
    `${processes.toString()}\n${timed}${healthTable(report.health)}\n${alerts.toString()}\nStack: ${report.state}`,
  )
}
