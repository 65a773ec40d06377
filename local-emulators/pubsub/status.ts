import { Metadata, status } from '@grpc/grpc-js'

/** An error that reaches the client as a gRPC status. Its text never holds message data. */
export class RpcError extends Error {
  readonly code: status
  readonly details: string
  readonly metadata: Metadata

  constructor(code: status, details: string, metadata = new Metadata()) {
    super(details)
    this.name = 'RpcError'
    this.code = code
    this.details = details
    this.metadata = metadata
  }
}

/** The request itself is wrong. */
export const invalid = (details: string): RpcError => new RpcError(status.INVALID_ARGUMENT, details)

/** The named resource is not there. */
export const notFound = (name: string): RpcError =>
  new RpcError(status.NOT_FOUND, `Resource not found (resource=${name.split('/').at(-1)}).`)

/** A resource of that name is already there. */
export const alreadyExists = (name: string): RpcError =>
  new RpcError(
    status.ALREADY_EXISTS,
    `Resource already exists in the project (resource=${name.split('/').at(-1)}).`,
  )

/** The resource is not in a state that allows the call. */
export const failedPrecondition = (details: string): RpcError =>
  new RpcError(status.FAILED_PRECONDITION, details)

/** A feature of Pub/Sub that the emulator does not have. */
export const unimplemented = (feature: string): RpcError =>
  new RpcError(status.UNIMPLEMENTED, `${feature} is not supported by this emulator.`)

/** A number outside its limits, in the words that Pub/Sub uses. */
export function checkRange(field: string, value: number, low: number, high: number): void {
  if (value > high) {
    throw invalid(
      `The value for ${field} is too large. You passed ${value} in the request, but the maximum value is ${high}.`,
    )
  }
  if (value < low) {
    throw invalid(
      `The value for ${field} is too small. You passed ${value} in the request, but the minimum value is ${low}.`,
    )
  }
}

const field = (tag: number, value: Buffer | string): Buffer => {
  const bytes = Buffer.from(value as string)
  return Buffer.concat([Buffer.from([(tag << 3) | 2]), varint(bytes.length), bytes])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128)
  bytes.push(rest)
  return Buffer.from(bytes)
}

/** How many void ids a status names, so that it fits into HTTP/2 headers. */
const namedIds = 200

/** What exactly-once delivery answers when acknowledgement ids are void: a status that names them. */
export function invalidAckIds(ackIds: string[]): RpcError {
  const details =
    'Some acknowledgement ids in the request were invalid. This could be because the acknowledgement ids have expired or the acknowledgement ids were malformed.'
  const entries = ackIds
    .slice(0, namedIds)
    .map((id) => field(3, Buffer.concat([field(1, id), field(2, 'PERMANENT_FAILURE_INVALID_ACK_ID')])))
  const info = Buffer.concat([
    field(1, 'EXACTLY_ONCE_ACKID_FAILURE'),
    field(2, 'pubsub.googleapis.com'),
    ...entries,
  ])
  const any = Buffer.concat([field(1, 'type.googleapis.com/google.rpc.ErrorInfo'), field(2, info)])
  const rpcStatus = Buffer.concat([
    Buffer.from([8, status.FAILED_PRECONDITION]),
    field(2, details),
    field(3, any),
  ])
  const metadata = new Metadata()
  metadata.set('grpc-status-details-bin', rpcStatus)
  return new RpcError(status.FAILED_PRECONDITION, details, metadata)
}
