import { setTimeout as sleep } from 'node:timers/promises'
import type { Chaos } from './chaos.ts'
import type { Receiver } from './dispatcher.ts'
import { Consumer, type Lease } from './entry.ts'
import type { HttpPoster, PushOutcome } from './http-post.ts'
import type { OidcSigner } from './oidc.ts'
import type { PushConfig } from './protos.ts'
import { type PaceOptions, PushPace } from './push-pace.ts'
import { pushRequest } from './push-request.ts'
import type { Subscription } from './subscription.ts'
import { type Clock, second } from './time.ts'

/** A push's lease outlives its request, so that only the request's own timeout counts. */
const graceMs = 5 * second
const pushBytes = 4_000_000

export interface PushParts extends PaceOptions {
  clock: Clock
  chaos: Chaos
  poster: HttpPoster
  signer: OidcSigner
  /** Told of every failed push; the reason never holds message data. */
  onFailure: (subscription: string, reason: string) => void
}

/** Pushes the messages of one subscription to its endpoint. */
export class Pusher implements Receiver {
  /** Only one message of an ordering key is pushed at a time. */
  readonly consumer = new Consumer(1)
  readonly once = false
  readonly #subscription: Subscription
  readonly #parts: PushParts
  readonly #pace: PushPace
  #underWay = 0
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(subscription: Subscription, parts: PushParts) {
    this.#subscription = subscription
    this.#parts = parts
    this.#pace = new PushPace(parts)
    subscription.dispatcher.join(this)
  }

  get window(): number {
    return this.#pace.window
  }

  room(): { messages: number; bytes: number } {
    const paused = this.#parts.clock.now() < this.#pace.pausedUntil
    return { messages: paused ? 0 : this.#pace.window - this.#underWay, bytes: pushBytes }
  }

  deadlineMs(): number {
    return this.#subscription.config.ackDeadlineMs + graceMs
  }

  deliver(leases: Lease[]): void {
    const push = this.#subscription.config.push
    if (push) for (const lease of leases) void this.#push(push, lease)
  }

  fail(): void {
    this.stop()
  }

  /** Pushes nothing more; what is under way may still be acknowledged. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#subscription.dispatcher.leave(this)
  }

  async #push(push: PushConfig, lease: Lease): Promise<void> {
    this.#underWay++
    const delay = this.#parts.chaos.pushDelay()
    if (delay > 0) await sleep(delay)
    let outcome = await this.#post(push, lease).catch(
      (): PushOutcome => ({ ok: false, reason: 'request failed' }),
    )
    if (outcome.ok && this.#parts.chaos.losesAnswer()) outcome = { ok: false, reason: 'answer lost (chaos)' }
    this.#underWay--
    this.#settle(lease, outcome)
  }

  async #post(push: PushConfig, lease: Lease): Promise<PushOutcome> {
    const url = push.pushEndpoint!
    const { headers, body } = pushRequest(push, this.#subscription.name, lease.message, lease.attempt)
    if (push.oidcToken) {
      const audience = push.oidcToken.audience || url
      const email = push.oidcToken.serviceAccountEmail!
      const token = await this.#parts.signer.token(email, audience, this.#parts.clock.now())
      headers.authorization = `Bearer ${token}`
    }
    return this.#parts.poster.post(url, headers, body, this.#subscription.config.ackDeadlineMs)
  }

  #settle({ message, lease }: Lease, outcome: PushOutcome): void {
    const { queue, config, dispatcher } = this.#subscription
    this.#subscription.touch()
    if (outcome.ok) {
      this.#pace.succeed()
      queue.ack(message.seq, lease)
    } else {
      const now = this.#parts.clock.now()
      this.#pace.fail(now, config.backoff === undefined)
      queue.modify(message.seq, lease, 0)
      this.#wakeAt(this.#pace.pausedUntil - now)
      if (!this.#stopped) this.#parts.onFailure(this.#subscription.name, outcome.reason)
    }
    dispatcher.schedule()
  }

  #wakeAt(delayMs: number): void {
    if (delayMs <= 0 || this.#stopped) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#subscription.dispatcher.schedule(), delayMs + 1)
  }
}
