import type { Server } from 'node:http'
import { stackFollower } from '../health/follower.ts'
import { Observer, type ObserverOptions } from '../health/observer.ts'
import { type ControlState, serveControl } from './control.ts'

const SAMPLE_MS = 10_000

export interface StackControlOptions extends ObserverOptions {
  port: number
  host?: string
  state: () => ControlState
}

/** What a supervisor tells of its stack: its own processes, what it sees of every part, and where a change is. */
export async function serveStackControl({
  port,
  host,
  state,
  ...options
}: StackControlOptions): Promise<Server> {
  const observer = new Observer(options)
  const follower = stackFollower(options.stack, options.clickhouse)
  const server = await serveControl(port, { state, observe: () => observer.observe(), follower }, host)
  // Rates are over the last minute, also for the first who asks.
  const samples = setInterval(() => void observer.observe(), SAMPLE_MS).unref()
  return server.once('close', () => clearInterval(samples))
}
