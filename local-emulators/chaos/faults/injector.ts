import type { ChaosStack } from '../chaos-stack.ts'
import { describeFault, type Fault, type Weather } from '../plan.ts'
import { setClock } from './clock.ts'

const LOOK_EVERY_MS = 250

type PubSubChaos = Record<string, unknown>

/** Does to a running stack what a plan says, and undoes what lasts. */
export class Injector {
  readonly #chaos: ChaosStack
  readonly #weather: Weather
  readonly #say: (what: string) => void
  readonly #pubsub = new Set<PubSubChaos>()
  readonly #ends = new Map<() => void, NodeJS.Timeout>()
  #keeper: NodeJS.Timeout

  constructor(chaos: ChaosStack, weather: Weather, say: (what: string) => void) {
    this.#say = say
    this.#chaos = chaos
    this.#weather = weather
    // An emulator that died has forgotten its weather.
    this.#keeper = setInterval(() => void this.#tellPubSub().catch(() => {}), LOOK_EVERY_MS)
  }

  /** Does a fault and says so; those that last end by themselves. */
  async apply(fault: Fault): Promise<void> {
    this.#say(await this.#do(fault))
  }

  async #do(fault: Fault): Promise<string> {
    const words = describeFault(fault)
    switch (fault.kind) {
      case 'kill': {
        const pid = this.#chaos.stack.processes().find(({ name }) => name === fault.part)?.pid
        if (!pid) return `${words}: it was down already`
        process.kill(pid, 'SIGKILL')
        return words
      }
      case 'disturb': {
        const { where, how, forMs } = fault
        const { hits, end } = this.#chaos.proxies[where].disturb(how)
        const ended = (): void => {
          end()
          this.#say(`${where} had ${how.kind} for ${hits()} requests`)
        }
        this.#during(forMs, ended, () => hits() > 0)
        return words
      }
      case 'refuse':
        return this.#disturbPubSub({ errorRate: fault.rate, code: fault.code }, fault.forMs, words)
      case 'slow':
        return this.#disturbPubSub({ latencyMs: fault.latencyMs }, fault.forMs, words)
      case 'clock':
        this.#chaos.clockShiftMs += fault.byMs
        await setClock(this.#chaos.clockFile, this.#chaos.clockShiftMs)
        return words
    }
  }

  /** Ends all that lasts, but leaves the relay's clock wherever it has come to. Resolves once Pub/Sub is calm. */
  async calm(): Promise<void> {
    clearInterval(this.#keeper)
    for (const [end, timer] of this.#ends) {
      clearTimeout(timer)
      end()
    }
    this.#ends.clear()
    for (;;) {
      const answer = await fetch(`${this.#url}/chaos`, { method: 'DELETE' }).catch(() => undefined)
      if (answer?.ok && this.#isReady()) return
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  get #url(): string {
    return this.#chaos.info.pubsubHttpUrl
  }

  #isReady(): boolean {
    return this.#chaos.stack.processes().some(({ name, state }) => name === 'pubsub' && state === 'ready')
  }

  /** Ends after the time, or when it is enough: a slow machine may have sent nothing yet that could be hit. */
  #during(forMs: number, end: () => void, enough: () => boolean = () => true): void {
    const look = (): void => {
      if (!enough()) {
        this.#ends.set(end, setTimeout(look, LOOK_EVERY_MS))
        return
      }
      this.#ends.delete(end)
      end()
    }
    this.#ends.set(end, setTimeout(look, forMs))
  }

  async #disturbPubSub(settings: PubSubChaos, forMs: number, words: string): Promise<string> {
    this.#pubsub.add(settings)
    this.#during(forMs, () => this.#pubsub.delete(settings))
    await this.#tellPubSub().catch(() => {})
    return words
  }

  /** While it makes its topics anew it is left alone. */
  async #tellPubSub(): Promise<void> {
    if (!this.#isReady()) return
    const body = JSON.stringify(Object.assign({ ...this.#weather }, ...this.#pubsub))
    const answer = await fetch(`${this.#url}/chaos`, { method: 'POST', body })
    if (!answer.ok) throw new Error(`the Pub/Sub emulator answers ${answer.status} to its weather`)
  }
}
