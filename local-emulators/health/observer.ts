import { connectorHealth } from '@pipeline/cdc/connect/connector.ts'
import type { Flow, Observation, Part } from '@pipeline/dashboard/health/observation.ts'
import type { EmulatorStats } from '../pubsub/stats.ts'
import type { StackFile } from '../stack-file.ts'
import { Kept } from './kept.ts'
import { Rates } from './rates.ts'
import { readRuns } from './runs.ts'
import * as sources from './sources.ts'

export interface ObserverOptions {
  stack: StackFile
  /** Where results of dbt and reconcile are written down. */
  runsFile: string
  /** The processes as their supervisor sees them; undefined where nobody does. */
  parts: () => readonly Part[] | undefined
  /** For a ClickHouse that asks who it is. */
  clickhouse?: { clickhousePassword: string }
}

const COSTLY_MS = 3_000
/** A part that answers slowly under load is not down; its process tells. */
const PATIENCE_MS = 15_000

/** Looks at every part of a running stack. What does not answer is null. */
export class Observer {
  private readonly options: ObserverOptions
  private readonly rates = new Rates()
  private readonly clickhouse: Kept<Awaited<ReturnType<typeof sources.clickhouseFigures>>>
  private readonly deadLetters: Kept<number>
  private readonly warehouse: Kept<Awaited<ReturnType<typeof sources.publishedState>>>
  private last: { at: number; seen: Promise<Observation> } | undefined

  constructor(options: ObserverOptions) {
    const { stack } = options
    this.options = options
    this.clickhouse = new Kept(
      () => sources.clickhouseFigures(stack, options.clickhouse?.clickhousePassword),
      COSTLY_MS,
      PATIENCE_MS,
    )
    this.deadLetters = new Kept(() => sources.countDeadLetters(stack), COSTLY_MS, PATIENCE_MS)
    this.warehouse = new Kept(() => sources.publishedState(stack), COSTLY_MS, PATIENCE_MS)
  }

  /** One look at a time, shared by all who ask within half a second. */
  observe(): Promise<Observation> {
    if (!this.last || performance.now() - this.last.at > 500) {
      this.last = { at: performance.now(), seen: this.look() }
    }
    return this.last.seen
  }

  private async look(): Promise<Observation> {
    const { stack, runsFile, parts } = this.options
    const none = () => null
    const [slot, connector, relay, pubsub, clickhouse, deadLetters, warehouse, runs] = await Promise.all([
      sources.slotFigures(stack).then((found) => found ?? ('missing' as const), none),
      connectorHealth(stack.connectUrl, stack.connectorName).catch(none),
      sources.relayFigures(stack).catch(none),
      // Google's emulator does not tell.
      stack.pubsubHttpUrl === '' ? undefined : sources.pubsubStats(stack).catch(none),
      this.clickhouse.get(),
      this.deadLetters.get(),
      this.warehouse.get(),
      readRuns(runsFile),
    ])
    const now = performance.now()
    const flow = (name: string, total: number) => ({
      total,
      perMinute: this.rates.perMinute(name, total, now),
    })
    const seen = parts()
    return {
      at: new Date().toISOString(),
      ...(seen === undefined ? {} : { parts: seen }),
      capture: {
        slot: slot === null ? null : slot === 'missing' ? 'missing' : slot.active ? 'read' : 'not read',
        behindBytes: slot === null || slot === 'missing' ? null : slot.behindBytes,
        connector: connector && [connector.connector, ...connector.tasks].join(', '),
      },
      kafka: relay && flow('kafka', relay.changes + relay.openRecords),
      relay: relay && {
        ...flow('relay', relay.changes),
        openRecords: relay.openRecords,
        newestCommitAt: relay.newestCommitAt,
      },
      ...(pubsub === undefined ? {} : { subscriptions: pubsub && this.subscriptions(pubsub, flow) }),
      clickhouse: clickhouse && {
        ...flow('clickhouse', clickhouse.changes),
        committedAt: clickhouse.committedAt,
      },
      deadLetters,
      warehouse,
      reconcile: runs.reconcile ?? null,
      dbt: runs.dbt ?? null,
    }
  }

  private subscriptions({ subscriptions }: EmulatorStats, flow: (name: string, total: number) => Flow) {
    return Object.entries(subscriptions).map(([path, stats]) => ({
      name: path.split('/').at(-1)!,
      open: stats.backlog,
      oldestSeconds: stats.oldestUnackedAgeSeconds,
      ...flow(path, stats.acked),
    }))
  }
}
