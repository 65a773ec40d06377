import { load } from '../commands/load.ts'
import { type Produced, produce } from '../producer/produce.ts'
import type { StackFile } from '../stack-file.ts'

const LOAD_EVERY_MS = 1_000
/** Patients' changes of key wait for their events, and these for parts that are down. */
const PATIENCE_SECONDS = 120

export interface Streamed {
  bySql: Produced
  byEvents: Produced
  loads: number
  failedLoads: number
  /** Why, each reason once. */
  loadFailures: string[]
}

/** Changes by SQL and by events side by side, and loads all the while. */
export async function stream(
  stack: StackFile,
  plan: { seed: number; streamMs: number; sqlRate: number; eventRate: number },
  signal: AbortSignal,
): Promise<Streamed> {
  const common = {
    databaseUrl: stack.postgresUrl,
    kafkaBrokers: [stack.kafkaBrokers],
    seconds: plan.streamMs / 1000,
    patienceSeconds: PATIENCE_SECONDS,
    patients: 200,
    signal,
  }
  const ended = new AbortController()
  const loading = loadUntil(stack, AbortSignal.any([ended.signal, signal]))
  try {
    const [bySql, byEvents] = await Promise.all([
      produce({ ...common, seed: 2 * plan.seed, rate: plan.sqlRate }),
      produce({ ...common, seed: 2 * plan.seed + 1, rate: plan.eventRate, via: 'events' }),
    ])
    ended.abort()
    return { bySql, byEvents, ...(await loading) }
  } finally {
    ended.abort()
    await loading
  }
}

/** A killed loader and a lake that is away fail a load; the next one takes up its work, as Cloud Scheduler's would. */
async function loadUntil(
  stack: StackFile,
  signal: AbortSignal,
): Promise<Pick<Streamed, 'loads' | 'failedLoads' | 'loadFailures'>> {
  const count = { loads: 0, failedLoads: 0 }
  const reasons = new Set<string>()
  while (!signal.aborted) {
    await load(stack).then(
      () => (count.loads += 1),
      (error: unknown) => {
        count.failedLoads += 1
        reasons.add(error instanceof Error ? error.message : String(error))
      },
    )
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LOAD_EVERY_MS)
      signal.addEventListener('abort', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
  return { ...count, loadFailures: [...reasons] }
}
