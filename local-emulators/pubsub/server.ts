import type { AddressInfo } from 'node:net'
import { Server, ServerCredentials } from '@grpc/grpc-js'
import type { Logger } from 'pino'
import { Broker } from './broker.ts'
import { Chaos } from './chaos.ts'
import { createHttpServer } from './http.ts'
import { HttpPoster } from './http-post.ts'
import { OidcSigner } from './oidc.ts'
import { publisherDefinition, publisherService } from './publisher-service.ts'
import type { EmulatorStats } from './stats.ts'
import { subscriberDefinition, subscriberService } from './subscriber-service.ts'
import { second, systemClock } from './time.ts'

export interface EmulatorOptions {
  /** The gRPC port; 0 for a free one. */
  port?: number
  /** The port of /stats, /chaos and the token keys; 0 for a free one. */
  httpPort?: number
  host?: string
  /** How many bytes of messages may be kept before publishing is refused. */
  maxBytes?: number
  /** How many pushes of one subscription may be under way at most. */
  pushMaxWindow?: number
  /** How many at first. */
  pushInitialWindow?: number
  /** How long a pull waits for a message. */
  pullWaitMs?: number
  logger?: Logger
}

export interface PubSubEmulator {
  /** What PUBSUB_EMULATOR_HOST is to be set to. */
  host: string
  httpUrl: string
  stats(): EmulatorStats
  stop(): Promise<void>
}

const defaults = {
  port: 0,
  httpPort: 0,
  host: '127.0.0.1',
  maxBytes: 512 * 1024 * 1024,
  pushMaxWindow: 200,
  pushInitialWindow: 4,
  pullWaitMs: 20 * second,
}

const grpcOptions = {
  'grpc.max_receive_message_length': 32 * 1024 * 1024,
  'grpc.max_send_message_length': -1,
  'grpc-node.max_session_memory': 1024,
}

/** Starts the emulator on loopback; `stop` leaves nothing behind. */
export async function startPubSubEmulator(options: EmulatorOptions = {}): Promise<PubSubEmulator> {
  const settings = { ...defaults, ...options }
  const { host, logger } = settings
  const chaos = new Chaos()
  const signer = await OidcSigner.create()
  const poster = new HttpPoster(settings.pushMaxWindow)
  const broker = new Broker({
    clock: systemClock,
    chaos,
    maxBytes: settings.maxBytes,
    push: {
      clock: systemClock,
      poster,
      signer,
      initialWindow: settings.pushInitialWindow,
      maxWindow: settings.pushMaxWindow,
      onFailure: (subscription, reason) => logger?.debug({ subscription, reason }, 'push failed'),
    },
  })
  const grpc = new Server(grpcOptions)
  grpc.addService(publisherDefinition, publisherService(broker, chaos))
  grpc.addService(subscriberDefinition, subscriberService(broker, chaos, settings.pullWaitMs))
  const http = createHttpServer({ chaos, signer, stats: () => broker.stats() })
  const port = await bind(grpc, host, settings.port)
  const httpPort = await listen(http, host, settings.httpPort).catch((error) => {
    grpc.forceShutdown()
    throw error
  })
  const sweeper = setInterval(() => broker.sweep(), second)
  logger?.info({ host, port, httpPort, maxBytes: settings.maxBytes }, 'pubsub emulator listens')
  return {
    host: `${host}:${port}`,
    httpUrl: `http://${host}:${httpPort}`,
    stats: () => broker.stats(),
    stop: async () => {
      clearInterval(sweeper)
      broker.stop()
      poster.stop()
      grpc.forceShutdown()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
      logger?.info('pubsub emulator stopped')
    },
  }
}

function bind(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
}

function listen(server: ReturnType<typeof createHttpServer>, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}
