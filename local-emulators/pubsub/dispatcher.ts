import type { Chaos } from './chaos.ts'
import type { Consumer, Lease } from './entry.ts'
import type { MessageQueue } from './queue.ts'
import type { RpcError } from './status.ts'
import type { Clock } from './time.ts'

/** Anyone who takes messages: a stream, a pull request that waits, the pusher. */
export interface Receiver {
  readonly consumer: Consumer
  /** Whether it leaves after one delivery. */
  readonly once: boolean
  /** How many messages it would take now, and how many bytes. */
  room(): { messages: number; bytes: number }
  deadlineMs(): number
  deliver(leases: Lease[]): void
  /** Told when the subscription no longer serves it. */
  fail(error: RpcError): void
}

/** The most messages in one response of a stream, so that streams share a backlog. */
const batch = 500
/** The most that setTimeout can wait. */
const longestWait = 2 ** 31 - 1

/** Hands the messages of a queue to its receivers in turn, and wakes for its deadlines with a single timer. */
export class Dispatcher {
  readonly #queue: MessageQueue
  readonly #clock: Clock
  readonly #chaos: Chaos
  #receivers: Receiver[] = []
  #turn = 0
  #scheduled = false
  #timer: NodeJS.Timeout | undefined
  #timerAt = Number.POSITIVE_INFINITY
  #stopped = false

  constructor(queue: MessageQueue, clock: Clock, chaos: Chaos) {
    this.#queue = queue
    this.#clock = clock
    this.#chaos = chaos
  }

  get receivers(): number {
    return this.#receivers.length
  }

  join(receiver: Receiver): void {
    this.#receivers.push(receiver)
    this.schedule()
  }

  leave(receiver: Receiver): void {
    const at = this.#receivers.indexOf(receiver)
    if (at >= 0) this.#receivers.splice(at, 1)
    this.#queue.leave(receiver.consumer)
    this.schedule()
  }

  /** Sends every receiver that `who` chooses away. */
  dismiss(error: RpcError, who: (receiver: Receiver) => boolean = () => true): void {
    for (const receiver of this.#receivers.filter(who)) {
      this.leave(receiver)
      receiver.fail(error)
    }
  }

  /** Delivers what can be delivered, soon and once for many calls. */
  schedule(): void {
    if (this.#scheduled || this.#stopped) return
    this.#scheduled = true
    setImmediate(() => {
      this.#scheduled = false
      if (!this.#stopped) this.#run()
    })
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  #run(): void {
    this.#queue.tick()
    let idle = 0
    while (idle < this.#receivers.length && this.#queue.waiting > 0) {
      this.#turn = (this.#turn + 1) % this.#receivers.length
      if (this.#serve(this.#receivers[this.#turn]!)) idle = 0
      else idle++
    }
    this.#arm()
  }

  #serve(receiver: Receiver): boolean {
    const { messages, bytes } = receiver.room()
    if (messages <= 0 || bytes <= 0) return false
    const ready = this.#queue.backlog - this.#queue.outstanding
    const share = receiver.once ? messages : Math.max(1, Math.ceil(ready / this.#receivers.length))
    const max = Math.min(messages, share, receiver.once ? messages : batch)
    const taken = this.#queue.take(receiver.consumer, max, bytes, receiver.deadlineMs(), this.#chaos.shuffler)
    if (taken.length === 0) return false
    if (receiver.once) this.leave(receiver)
    receiver.deliver(this.#chaos.duplicate(taken, messages))
    return true
  }

  #arm(): void {
    const next = this.#queue.nextAt() ?? Number.POSITIVE_INFINITY
    if (next >= this.#timerAt) return
    clearTimeout(this.#timer)
    this.#timerAt = next
    const wait = Math.min(longestWait, Math.max(1, next - this.#clock.now()))
    this.#timer = setTimeout(() => {
      this.#timerAt = Number.POSITIVE_INFINITY
      this.#run()
    }, wait)
  }
}
