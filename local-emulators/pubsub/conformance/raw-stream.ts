import { type ServiceError, status } from '@grpc/grpc-js'
import { type Case, type Received, until } from './harness.ts'

interface StreamingResponse {
  receivedMessages: Received[]
  subscriptionProperties: { exactlyOnceDeliveryEnabled: boolean; messageOrderingEnabled: boolean } | null
}

/** A raw StreamingPull call and all that came over it. */
export class RawStream {
  readonly responses: StreamingResponse[] = []
  readonly ended: Promise<number>
  readonly #call: ReturnType<Case['subscriber']['streamingPull']>

  constructor(c: Case, first: object) {
    this.#call = c.subscriber.streamingPull()
    const ended = Promise.withResolvers<number>()
    this.ended = ended.promise
    this.#call.on('data', (response: StreamingResponse) => this.responses.push(response))
    this.#call.on('error', (error: ServiceError) => ended.resolve(error.code))
    this.#call.on('end', () => ended.resolve(status.OK))
    this.write(first)
    c.after(async () => this.#call.destroy())
  }

  /** Opens a stream on a subscription. */
  static on(c: Case, subscription: string, options: object = {}): RawStream {
    return new RawStream(c, { subscription, streamAckDeadlineSeconds: 10, ...options })
  }

  get received(): Received[] {
    return this.responses.flatMap(({ receivedMessages }) => receivedMessages)
  }

  write(request: object): void {
    this.#call.write(request)
  }

  end(): void {
    this.#call.end()
  }

  async expect(count: number): Promise<Received[]> {
    await until(() => this.received.length >= count, `${count} messages on the stream`)
    return this.received
  }
}
