import { type ServerDuplexStream, status } from '@grpc/grpc-js'
import type { Chaos } from './chaos.ts'
import type { Receiver } from './dispatcher.ts'
import { Consumer, type Lease } from './entry.ts'
import { type StreamingPullRequest, v1 } from './protos.ts'
import { checkRange, invalid, RpcError } from './status.ts'
import type { Subscription } from './subscription.ts'
import { second } from './time.ts'
import { encodeReceived, type StreamProperties } from './wire.ts'

export type PullStream = ServerDuplexStream<StreamingPullRequest, Buffer>

/** About how much one response carries. */
const responseBytes = 1_000_000
const keepAliveMs = 30 * second

/** One StreamingPull call: sends messages within the client's flow control and takes its acknowledgements. */
export class StreamSession implements Receiver {
  readonly consumer = new Consumer()
  readonly once = false
  readonly #call: PullStream
  readonly #chaos: Chaos
  readonly #find: (name: string) => Subscription
  #subscription: Subscription | undefined
  #maxMessages = Number.POSITIVE_INFINITY
  #maxBytes = Number.POSITIVE_INFINITY
  #deadlineMs = 0
  #writable = true
  #spared = false
  #keepAlive: NodeJS.Timeout | undefined
  #closed = false

  constructor(call: PullStream, find: (name: string) => Subscription, chaos: Chaos) {
    this.#call = call
    this.#find = find
    this.#chaos = chaos
    call.on('data', (request: StreamingPullRequest) => void this.#receive(request))
    call.on('drain', () => {
      this.#writable = true
      this.#subscription?.dispatcher.schedule()
    })
    call.on('end', () => this.#close(() => call.end()))
    for (const event of ['cancelled', 'error', 'close']) call.on(event, () => this.#close())
  }

  room(): { messages: number; bytes: number } {
    if (!this.#writable || this.#closed) return { messages: 0, bytes: 0 }
    if (this.#chaos.active && !this.#survives()) return { messages: 0, bytes: 0 }
    return {
      messages: this.#maxMessages - this.consumer.messages,
      bytes: Math.min(responseBytes, this.#maxBytes - this.consumer.bytes),
    }
  }

  deadlineMs(): number {
    return this.#deadlineMs
  }

  deliver(leases: Lease[]): void {
    this.#spared = false
    this.#subscription?.touch()
    this.#send(leases)
  }

  fail(error: RpcError): void {
    this.#close(() => this.#call.emit('error', error))
  }

  async #receive(request: StreamingPullRequest): Promise<void> {
    try {
      if (this.#closed) return
      if (this.#subscription) {
        this.#checkLater(request)
        this.#settle(this.#subscription, request)
        return
      }
      if (this.#chaos.active) {
        this.#call.pause()
        await this.#chaos.disturb()
        this.#call.resume()
      }
      this.#open(request)
    } catch (error) {
      this.fail(error instanceof RpcError ? error : new RpcError(status.INTERNAL, 'Internal error.'))
    }
  }

  #open(request: StreamingPullRequest): void {
    if (!request.subscription) throw invalid('The first request of a stream must name the subscription.')
    const seconds = request.streamAckDeadlineSeconds ?? 0
    checkRange('stream_ack_deadline_seconds', seconds, 10, 600)
    const subscription = this.#find(request.subscription)
    subscription.checkPullable()
    this.#maxMessages = limit(request.maxOutstandingMessages)
    this.#maxBytes = limit(request.maxOutstandingBytes)
    this.#deadlineMs = seconds * second
    this.#subscription = subscription
    if (Number(request.protocolVersion ?? 0) >= 1) {
      this.#keepAlive = setInterval(() => this.#send([]), keepAliveMs)
    }
    this.#send([])
    this.#settle(subscription, request)
    subscription.dispatcher.join(this)
  }

  #checkLater(request: StreamingPullRequest): void {
    if (request.subscription)
      throw invalid('The subscription must only be named in the first request of a stream.')
    for (const field of ['maxOutstandingMessages', 'maxOutstandingBytes', 'protocolVersion'] as const) {
      if (Number(request[field] ?? 0) !== 0) throw invalid(`${field} must only be set in the first request.`)
    }
    const seconds = request.streamAckDeadlineSeconds ?? 0
    if (seconds === 0) return
    checkRange('stream_ack_deadline_seconds', seconds, 10, 600)
    this.#deadlineMs = seconds * second
  }

  #settle(subscription: Subscription, request: StreamingPullRequest): void {
    const ackIds = request.ackIds ?? []
    const modified = request.modifyDeadlineAckIds ?? []
    const deadlines = request.modifyDeadlineSeconds ?? []
    if (modified.length !== deadlines.length) {
      throw invalid('modify_deadline_ack_ids and modify_deadline_seconds must be of the same length.')
    }
    for (const seconds of deadlines) checkRange('modify_deadline_seconds', seconds, 0, 600)
    const lostAcks = ackIds.length > 0 ? subscription.acknowledge(ackIds) : []
    const lostModified: string[] = []
    for (const [i, ackId] of modified.entries()) {
      lostModified.push(...subscription.modifyDeadline([ackId], deadlines[i]! * second))
    }
    if (subscription.config.exactlyOnce && ackIds.length + modified.length > 0) {
      this.#confirm(ackIds, lostAcks, modified, lostModified)
    } else if (this.#keepAlive && ackIds.length + modified.length === 0 && !request.subscription)
      this.#send([])
  }

  #confirm(ackIds: string[], lostAcks: string[], modified: string[], lostModified: string[]): void {
    const split = (ids: string[], lost: string[]): { ackIds: string[]; invalidAckIds: string[] } => {
      const voided = new Set(lost)
      return { ackIds: ids.filter((id) => !voided.has(id)), invalidAckIds: lost }
    }
    this.#write(
      v1.StreamingPullResponse.encode({
        ...(ackIds.length > 0 && { acknowledgeConfirmation: split(ackIds, lostAcks) }),
        ...(modified.length > 0 && { modifyAckDeadlineConfirmation: split(modified, lostModified) }),
        subscriptionProperties: {
          exactlyOnceDeliveryEnabled: this.#properties.exactlyOnce,
          messageOrderingEnabled: this.#properties.ordering,
        },
      }).finish() as Buffer,
    )
  }

  get #properties(): StreamProperties {
    const { exactlyOnce, ordering } = this.#subscription!.config
    return { exactlyOnce, ordering }
  }

  #send(leases: Lease[]): void {
    if (this.#subscription) {
      this.#write(encodeReceived(leases, this.#subscription.ackPrefix, this.#properties))
    }
  }

  #write(response: Buffer): void {
    if (!this.#closed && !this.#call.write(response)) this.#writable = false
  }

  /** Decides once for each delivery whether chaos ends the stream instead. */
  #survives(): boolean {
    if (this.#spared) return true
    try {
      this.#chaos.fail()
      this.#spared = true
      return true
    } catch (error) {
      setImmediate(() => this.fail(error as RpcError))
      this.#writable = false
      return false
    }
  }

  #close(last?: () => void): void {
    if (this.#closed) return
    this.#closed = true
    clearInterval(this.#keepAlive)
    this.#subscription?.dispatcher.leave(this)
    last?.()
  }
}

function limit(value: StreamingPullRequest['maxOutstandingMessages']): number {
  const number = Number(value ?? 0)
  return number > 0 ? number : Number.POSITIVE_INFINITY
}
