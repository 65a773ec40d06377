import type { Server } from 'node:http'
import { stackFollower } from '../health/follower.ts'
import { Observer } from '../health/observer.ts'
import type { StackFile } from '../stack-file.ts'
import { type ControlState, serveControl } from './control.ts'

const SAMPLE_MS = 10_000

/** What a supervisor tells of its stack: its own processes, what it sees of every part, and where a change is. */
export function serveStackControl(
  port: number,
  stack: StackFile,
  runsFile: string,
  state: () => ControlState,
): Promise<Server> {
  const parts = () => state().processes.map((process) => ({ name: process.name, state: process.state }))
  const observer = new Observer({ stack, runsFile, parts })
  // Rates are over the last minute, also for the first who asks.
  setInterval(() => void observer.observe(), SAMPLE_MS).unref()
  return serveControl(port, { state, observe: () => observer.observe(), follower: stackFollower(stack) })
}
