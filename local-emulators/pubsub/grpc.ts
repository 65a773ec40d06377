import {
  type handleUnaryCall,
  type MethodDefinition,
  type ServerUnaryCall,
  type ServiceDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import type { Chaos } from './chaos.ts'
import { Empty, v1 } from './protos.ts'
import { RpcError } from './status.ts'

interface Codec {
  encode(message: object): { finish(): Uint8Array }
  decode(bytes: Uint8Array): object
}

type MessageName = keyof typeof v1 | 'Empty'

const codec = (name: MessageName): Codec => (name === 'Empty' ? Empty : v1[name]) as unknown as Codec

/** One method of a service; a Buffer as its response is taken for an encoded one. */
export function method(
  service: string,
  name: string,
  request: MessageName,
  response: MessageName,
  stream = false,
): MethodDefinition<object, object> {
  const [from, to] = [codec(request), codec(response)]
  return {
    path: `/google.pubsub.v1.${service}/${name}`,
    originalName: name.charAt(0).toLowerCase() + name.slice(1),
    requestStream: stream,
    responseStream: stream,
    requestSerialize: (message) => from.encode(message).finish() as Buffer,
    requestDeserialize: (bytes) => from.decode(bytes),
    responseSerialize: (message) =>
      Buffer.isBuffer(message) ? message : (to.encode(message).finish() as Buffer),
    responseDeserialize: (bytes) => to.decode(bytes),
  }
}

/** A service from its methods: name, request, response. */
export function service(
  name: string,
  methods: Record<string, [MessageName, MessageName, boolean?]>,
): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(methods).map(([key, [request, response, stream]]) => [
      key,
      method(name, key, request, response, stream),
    ]),
  )
}

export type UnaryLogic<Request> = (
  request: Request,
  call: ServerUnaryCall<Request, object>,
) => object | Promise<object>

/** Turns plain logic into a gRPC handler: chaos first, then the answer or its status. */
export function unary<Request>(chaos: Chaos, logic: UnaryLogic<Request>): handleUnaryCall<Request, object> {
  return async (call, reply) => {
    try {
      if (chaos.active) await chaos.disturb()
      reply(null, await logic(call.request, call))
    } catch (error) {
      reply(asServiceError(error))
    }
  }
}

function asServiceError(error: unknown): ServiceError {
  if (error instanceof RpcError) return error
  const place = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : ''
  return new RpcError(status.INTERNAL, `Internal error of the emulator ${place}`)
}
