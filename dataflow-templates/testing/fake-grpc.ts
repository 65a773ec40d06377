import { readFileSync } from 'node:fs'
import grpc from '@grpc/grpc-js'
import loader from '@grpc/proto-loader'
import type { FakeDataflow, Method } from './fake-dataflow.ts'
import { PROTOS, Refusal } from './protos.ts'

const OPTIONS = { keepCase: false, longs: String, enums: String, defaults: false, oneofs: true } as const

/** The fake over gRPC. A field that the protos do not have never arrives. */
export async function serveGrpc(fake: FakeDataflow): Promise<{ port: number; stop(): Promise<void> }> {
  const definitions = loader.fromJSON(JSON.parse(readFileSync(PROTOS, 'utf8')), OPTIONS)
  // biome-ignore lint/suspicious/noExplicitAny: definitions that are read at run time
  const { v1beta3 } = (grpc.loadPackageDefinition(definitions) as any).google.dataflow
  const handle =
    (method: Method) =>
    // biome-ignore lint/suspicious/noExplicitAny: requests and answers of methods that are read at run time
    (call: grpc.ServerUnaryCall<any, any>, done: grpc.sendUnaryData<any>) => {
      try {
        done(null, fake.answer('grpc', method, call.request, call.metadata.getMap()))
      } catch (error) {
        const code = error instanceof Refusal ? error.code : grpc.status.UNKNOWN
        done({ code, message: (error as Error).message })
      }
    }
  const server = new grpc.Server()
  server.addService(v1beta3.FlexTemplatesService.service, {
    LaunchFlexTemplate: handle('LaunchFlexTemplate'),
  })
  server.addService(v1beta3.JobsV1Beta3.service, {
    ListJobs: handle('ListJobs'),
    UpdateJob: handle('UpdateJob'),
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return {
    port,
    stop: async () => server.forceShutdown(),
  }
}
