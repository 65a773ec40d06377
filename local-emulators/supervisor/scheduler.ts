import type { FunctionEntry } from '@pipeline/functions/manifest-parts.ts'
import { Cron } from 'croner'
import type { ControlState } from './control.ts'

/** What Cloud Scheduler does in the cloud: calls a function at its times, again when it fails. */
export class Scheduler {
  private readonly jobs: Cron[] = []
  private readonly runs = new Map<string, { lastRun: string; lastResult: string }>()
  private readonly stopping = new AbortController()
  private readonly onAnswer: (name: string, status: number, body: string) => Promise<void>

  /** `onAnswer` is told of every answer of a function, before the next attempt. */
  constructor(
    entries: readonly FunctionEntry[],
    endpoints: Record<string, string>,
    onAnswer: (name: string, status: number, body: string) => Promise<void> = async () => {},
  ) {
    this.onAnswer = onAnswer
    for (const entry of entries) {
      if (entry.trigger.kind !== 'schedule') continue
      const { cron, timeZone } = entry.trigger
      this.runs.set(entry.name, { lastRun: '', lastResult: '' })
      this.jobs.push(
        new Cron(cron, { timezone: timeZone, protect: true, unref: true }, () =>
          this.call(entry, endpoints[entry.name]!),
        ),
      )
    }
  }

  state(): ControlState['schedules'] {
    return [...this.runs].map(([name, { lastRun, lastResult }]) => ({
      name,
      lastRun: lastRun || null,
      lastResult: lastResult || null,
    }))
  }

  stop(): void {
    this.stopping.abort()
    for (const job of this.jobs) job.stop()
  }

  private async call(entry: FunctionEntry, url: string): Promise<void> {
    if (entry.trigger.kind !== 'schedule') return
    const { attemptDeadlineSeconds, retries } = entry.trigger
    const lastRun = new Date().toISOString()
    let lastResult = ''
    for (let attempt = 0; attempt <= retries && !this.stopping.signal.aborted; attempt++) {
      const answer = await this.ask(url, attemptDeadlineSeconds)
      lastResult = answer === undefined ? 'no answer' : String(answer.status)
      if (answer) {
        // What the function did is done, whether or not it can be written down.
        await this.onAnswer(entry.name, answer.status, answer.body).catch(() => {
          lastResult += ', not written down'
        })
        if (answer.ok) break
      }
      this.runs.set(entry.name, { lastRun, lastResult })
      await new Promise((resolve) => setTimeout(resolve, 5_000 * 2 ** attempt).unref())
    }
    this.runs.set(entry.name, { lastRun, lastResult })
  }

  private async ask(
    url: string,
    seconds: number,
  ): Promise<{ ok: boolean; status: number; body: string } | undefined> {
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'local-scheduler' },
        body: '{}',
        signal: AbortSignal.any([this.stopping.signal, AbortSignal.timeout(seconds * 1000)]),
      })
      return { ok: response.ok, status: response.status, body: await response.text() }
    } catch {
      return undefined
    }
  }
}
