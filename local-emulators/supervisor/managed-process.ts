import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, type WriteStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { dieWithParent } from './die-with-parent.ts'

/** How to run one part of the stack. */
export interface ServiceSpec {
  name: string
  command: string
  args: readonly string[]
  env?: Record<string, string>
  cwd?: string
  /** Resolves once the part does its work, not merely listens; throws when it never will. */
  ready: (signal: AbortSignal) => Promise<void>
  /** Run after every start, once it is ready: what the part forgets when it dies. */
  afterStart?: () => Promise<void>
  stopSignal?: NodeJS.Signals
  stopTimeoutMs?: number
  readyTimeoutMs?: number
}

export interface ProcessState {
  name: string
  pid: number | null
  state: 'starting' | 'ready' | 'restarting' | 'stopping' | 'stopped' | 'failed'
  restarts: number
  /** When it last ended without being asked to, ISO 8601, UTC. */
  endedAt: string | null
}

const FIRST_RESTART_MS = 200
const LONGEST_RESTART_MS = 5_000
const STEADY_MS = 30_000

/** A child process that is started again whenever it ends by itself, with a back-off. */
export class ManagedProcess {
  readonly spec: ServiceSpec
  private child: ChildProcess | undefined
  private readonly logFile: string
  private log: WriteStream | undefined
  private state: ProcessState['state'] = 'stopped'
  private restarts = 0
  private endedAt: string | null = null
  private stopping = new AbortController()
  private exited: Promise<void> = Promise.resolve()
  private onChange: () => void

  constructor(spec: ServiceSpec, logFile: string, onChange: () => void = () => {}) {
    this.spec = spec
    this.logFile = logFile
    this.onChange = onChange
  }

  status(): ProcessState {
    const { state, restarts, endedAt } = this
    return { name: this.spec.name, pid: this.child?.pid ?? null, state, restarts, endedAt }
  }

  /** Starts and waits until the part is ready; from then on it is kept running. */
  async start(): Promise<void> {
    this.stopping = new AbortController()
    this.log = createWriteStream(this.logFile, { flags: 'a', mode: 0o600 })
    this.launch()
    await this.waitReady()
    void this.keepRunning()
  }

  /** Asks to stop, insists after the time-out, and resolves when the process is gone. */
  async stop(): Promise<void> {
    this.stopping.abort()
    if (this.child) {
      this.setState('stopping')
      this.child.kill(this.spec.stopSignal ?? 'SIGTERM')
      const patience = sleep(this.spec.stopTimeoutMs ?? 10_000, 'late', { ref: false })
      if ((await Promise.race([this.exited, patience])) === 'late') {
        this.child?.kill('SIGKILL')
        await this.exited
      }
    }
    this.setState('stopped')
    const log = this.log
    this.log = undefined
    if (log) await new Promise<void>((resolve) => log.end(() => resolve()))
  }

  private setState(state: ProcessState['state']): void {
    this.state = state
    this.onChange()
  }

  private launch(): void {
    const { env, cwd } = this.spec
    const { command, args } = dieWithParent(this.spec.command, this.spec.args)
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const log = this.log!
    child.stdout.pipe(log, { end: false })
    child.stderr.pipe(log, { end: false })
    this.child = child
    this.exited = new Promise((resolve) => {
      const gone = (line: string): void => {
        if (log.writable) log.write(`${line}\n`)
        this.child = undefined
        resolve()
      }
      child.once('error', (error) => gone(`did not start: ${error.message}`))
      child.once('exit', (code, signal) => gone(`ended with ${signal ?? `code ${code}`}`))
    })
    this.setState('starting')
  }

  private async waitReady(): Promise<void> {
    const { name, ready, readyTimeoutMs = 60_000, afterStart } = this.spec
    const over = new AbortController()
    const signal = AbortSignal.any([over.signal, this.stopping.signal, AbortSignal.timeout(readyTimeoutMs)])
    const died = this.exited.then(() => {
      throw new Error(`${name} ended before it was ready; see its log`)
    })
    died.catch(() => {})
    try {
      await Promise.race([ready(signal), died])
      await afterStart?.()
    } finally {
      over.abort()
    }
    this.setState('ready')
  }

  private async keepRunning(): Promise<void> {
    let delay = FIRST_RESTART_MS
    while (!this.stopping.signal.aborted) {
      const since = Date.now()
      await this.exited
      if (this.stopping.signal.aborted) return
      if (Date.now() - since > STEADY_MS) delay = FIRST_RESTART_MS
      this.restarts += 1
      this.endedAt = new Date().toISOString()
      this.setState('restarting')
      await sleep(delay, undefined, { signal: this.stopping.signal }).catch(() => {})
      if (this.stopping.signal.aborted) return
      delay = Math.min(delay * 2, LONGEST_RESTART_MS)
      this.launch()
      try {
        await this.waitReady()
      } catch (error) {
        if (this.stopping.signal.aborted) return
        this.log?.write(`not ready after a restart: ${(error as Error).message}\n`)
        this.child?.kill('SIGKILL')
      }
    }
  }
}
