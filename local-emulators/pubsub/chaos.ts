import { status } from '@grpc/grpc-js'
import { z } from 'zod'
import type { Lease } from './entry.ts'
import { RpcError } from './status.ts'

const codeNames = Object.keys(status).filter((name) => Number.isNaN(Number(name)) && name !== 'OK')
const rate = z.number().min(0).max(1)

const settingsSchema = z.strictObject({
  errorRate: rate.default(0),
  code: z
    .union([z.enum(codeNames as [string, ...string[]]), z.number().int().min(1).max(16)])
    .default('UNAVAILABLE'),
  latencyMs: z.number().min(0).max(60_000).default(0),
  duplicateRate: rate.default(0),
  shuffle: z.boolean().default(false),
  /** A push waits for up to so long before it goes; less than the grace of its lease. */
  pushDelayMs: z.number().min(0).max(4_000).default(0),
  /** How often the answer to a push that was taken gets lost on its way back. */
  lostAnswerRate: rate.default(0),
})

export type ChaosSettings = z.infer<typeof settingsSchema>

const calm: ChaosSettings = settingsSchema.parse({})

/** Faults on demand: calls that fail or take long, messages that come twice or out of order. Off by default. */
export class Chaos {
  readonly #random: () => number
  settings = calm

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** Whether calls are disturbed at all. */
  get active(): boolean {
    return this.settings.errorRate > 0 || this.settings.latencyMs > 0
  }

  /** The source of disorder, when deliveries are to be shuffled. */
  get shuffler(): (() => number) | undefined {
    return this.settings.shuffle ? this.#random : undefined
  }

  /** Takes new settings; throws a ZodError for what it does not understand. */
  set(settings: unknown): ChaosSettings {
    this.settings = settingsSchema.parse(settings)
    return this.settings
  }

  /** Waits, and fails, as told. */
  async disturb(): Promise<void> {
    if (this.settings.latencyMs > 0) {
      await new Promise((resolve) => setTimeout(resolve, this.settings.latencyMs))
    }
    this.fail()
  }

  /** Throws the injected error, as often as told. */
  fail(): void {
    const { errorRate, code } = this.settings
    if (errorRate === 0 || this.#random() >= errorRate) return
    const number = typeof code === 'number' ? code : status[code as keyof typeof status]
    throw new RpcError(number, 'Injected by the emulator (chaos).')
  }

  /** How long the next push waits, ms. */
  pushDelay(): number {
    const { pushDelayMs } = this.settings
    return pushDelayMs === 0 ? 0 : this.#random() * pushDelayMs
  }

  /** Whether the answer to a push gets lost. */
  losesAnswer(): boolean {
    const { lostAnswerRate } = this.settings
    return lostAnswerRate > 0 && this.#random() < lostAnswerRate
  }

  /** Some of the deliveries twice, never more than `max`. */
  duplicate(leases: Lease[], max: number): Lease[] {
    const { duplicateRate } = this.settings
    if (duplicateRate === 0) return leases
    const copies = leases.filter(() => this.#random() < duplicateRate)
    return [...leases, ...copies].slice(0, max)
  }
}
