import { eventTopics } from '@pipeline/hospital/events/topics.ts'
import { Random } from '@pipeline/hospital/simulator/random.ts'
import { ChaosStack } from './chaos-stack.ts'
import { check } from './check.ts'
import { Injector } from './faults/injector.ts'
import { endsOf } from './kafka-ends.ts'
import { describePlan, type Plan, planOf } from './plan.ts'
import { type Streamed, stream } from './stream.ts'

const READY_MS = 60_000

type Say = (line: string) => void

/** Runs one plan on a stack and tells what happened. Gives what was wrong at the end: nothing, if the seed held. */
async function runPlan(chaos: ChaosStack, plan: Plan, say: Say, stop: AbortSignal): Promise<string[]> {
  const { info, stack } = chaos
  const begun = Date.now()
  const happened = (what: string): void =>
    say(`  ${`${((Date.now() - begun) / 1000).toFixed(1)} s`.padStart(9)} ${what}`)
  const restarts = (): number => stack.processes().reduce((sum, each) => sum + each.restarts, 0)
  const before = { restarts: restarts(), events: await endsOf(info, eventTopics) }
  const failed = new AbortController()
  const signal = AbortSignal.any([failed.signal, stop])
  const streaming = stream(info, plan, signal)
  streaming.catch(() => {})
  const injector = new Injector(chaos, plan.weather, happened)
  try {
    for (const fault of plan.faults) {
      await wait(begun + fault.atMs - Date.now(), signal)
      if (signal.aborted) break
      await injector.apply(fault)
    }
    await wait(begun + plan.streamMs - Date.now(), signal)
  } finally {
    await injector.calm()
  }
  happened('no more faults')
  // What a stream that failed has to say is not all: the check tells what was lost.
  const outcome = await streaming.then(
    (streamed) => ({ streamed, problems: [] }),
    (error: Error) => ({ streamed: undefined, problems: [`the stream failed: ${error.message}`] }),
  )
  failed.abort()
  stop.throwIfAborted()
  if (outcome.streamed) tell(outcome.streamed, happened)
  const ready = await until(() => stack.processes().every(({ state }) => state === 'ready'), READY_MS)
  const notReady = stack.processes().filter(({ state }) => state !== 'ready')
  if (!ready) return notReady.map(({ name, state }) => `${name} is ${state} after ${READY_MS / 1000} s`)
  happened(`${restarts() - before.restarts} restarts`)
  const { problems, compared } = await check(info, before.events, happened)
  happened(`compared: ${compared}`)
  return [...outcome.problems, ...problems]
}

function tell({ bySql, byEvents, loads, failedLoads, loadFailures }: Streamed, say: Say): void {
  const changes = [bySql, byEvents]
    .map(({ inserted, updated, deleted, rekeyed }) => `${inserted}/${updated}/${deleted}/${rekeyed}`)
    .join(' by SQL and ')
  say(`created/updated/deleted/given another key: ${changes} by events`)
  say(`${failedLoads} of ${loads + failedLoads} loads failed`)
  for (const reason of loadFailures) say(`a load failed: ${reason}`)
}

/** Some work before the first fault: the hospital is filled, and Pub/Sub pushes several messages at once. */
async function warmUp({ info }: ChaosStack): Promise<void> {
  const calm = { seed: 0, streamMs: 3_000, sqlRate: 300, eventRate: 100 }
  await stream(info, calm, new AbortController().signal)
}

async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) return
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
  })
}

async function until(probe: () => boolean, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end; ) {
    if (probe()) return true
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return probe()
}

/** Runs seeds one after the other on one stack; a seed that did not hold leaves its stack's folder and gets a new one. */
export class ChaosRunner {
  readonly #say: Say
  readonly #stop: AbortSignal
  /** Rejects when all is to stop, whatever is waited for. */
  readonly #stopped: Promise<never>
  #chaos: ChaosStack | undefined
  #random = new Random(0)

  constructor(say: Say, stop: AbortSignal = new AbortController().signal) {
    this.#say = say
    this.#stop = stop
    this.#stopped = new Promise((_, reject) => {
      stop.addEventListener('abort', () => reject(stop.reason))
    })
    this.#stopped.catch(() => {})
  }

  /** Whether every store equalled PostgreSQL after the seed's plan. */
  async holds(seed: number, streamMs?: number): Promise<boolean> {
    const plan = planOf(seed, streamMs)
    this.#say(describePlan(plan))
    this.#random = new Random(seed)
    let problems: string[]
    try {
      if (!this.#chaos) {
        this.#chaos = await this.#start()
        await warmUp(this.#chaos)
      }
      const running = runPlan(this.#chaos, plan, this.#say, this.#stop)
      running.catch(() => {})
      problems = await Promise.race([running, this.#stopped])
    } catch (error) {
      this.#stop.throwIfAborted()
      problems = [error instanceof Error ? (error.stack ?? error.message) : String(error)]
    }
    if (problems.length === 0) {
      this.#say(`seed ${seed} held`)
      return true
    }
    for (const problem of problems) this.#say(`  ${problem}`)
    this.#say(`seed ${seed} did not hold; logs of the parts: ${this.#chaos?.stack.paths.logs ?? 'none'}`)
    const failed = this.#chaos
    this.#chaos = undefined
    await failed?.stop(true)
    return false
  }

  /** A port that somebody else took meanwhile is no fault of the pipeline's: one more try. */
  async #start(): Promise<ChaosStack> {
    const random = (): number => this.#random.next()
    try {
      return await ChaosStack.start(random)
    } catch (error) {
      this.#say(`  the stack did not start: ${(error as Error).message}`)
      return ChaosStack.start(random)
    }
  }

  async close(): Promise<void> {
    await this.#chaos?.stop(false)
    this.#chaos = undefined
  }
}
