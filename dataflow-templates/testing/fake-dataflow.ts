import type { DataflowJob } from '../launcher/client.ts'
import type { LaunchRequest } from '../launcher/request.ts'
import { serveGrpc } from './fake-grpc.ts'
import { serveRest } from './fake-rest.ts'
import { Refusal } from './protos.ts'

export type Method = 'LaunchFlexTemplate' | 'ListJobs' | 'UpdateJob'

export interface Call {
  via: 'grpc' | 'rest'
  method: Method
  request: Record<string, unknown>
  metadata: Record<string, unknown>
}

type Request = Record<string, unknown>

/** What an API of Dataflow keeps, with the rules of it that the launcher relies on. */
export class FakeDataflow {
  readonly calls: Call[] = []
  readonly jobs: DataflowJob[] = []
  /** Most jobs of one page of a list. */
  pageSize = 2
  private readonly faults: { method: Method; code: number; done: boolean; message: string }[] = []

  /** The next call of a method fails; `done`: after it was carried out. */
  failNext(method: Method, code: number, { done = false, message = 'a fault' } = {}): void {
    this.faults.push({ method, code, done, message })
  }

  answer(via: Call['via'], method: Method, request: Request, metadata: Request): unknown {
    this.calls.push({ via, method, request, metadata })
    const at = this.faults.findIndex((fault) => fault.method === method)
    const [fault] = at === -1 ? [] : this.faults.splice(at, 1)
    if (fault && !fault.done) throw new Refusal(fault.code, fault.message)
    const response = this[method](request)
    if (fault) throw new Refusal(fault.code, fault.message)
    return response
  }

  requests(method: Method): Request[] {
    return this.calls.filter((call) => call.method === method).map(({ request }) => request)
  }

  private LaunchFlexTemplate(request: Request) {
    const { launchParameter: wanted, projectId, location } = request as LaunchRequest
    const running = this.jobs.find(
      (job) =>
        job.name === wanted!.jobName &&
        !['JOB_STATE_DRAINED', 'JOB_STATE_CANCELLED', 'JOB_STATE_UPDATED'].includes(String(job.currentState)),
    )
    if (wanted!.update && !running) throw new Refusal(5, 'there is no job to update')
    if (!wanted!.update && running)
      throw new Refusal(6, `There is already an active job named ${wanted!.jobName}`)
    if (running) running.currentState = 'JOB_STATE_UPDATED'
    const job: DataflowJob = {
      id: `2026-11-24_08_00_00-${this.jobs.length + 1}`,
      projectId: projectId!,
      location: location!,
      name: wanted!.jobName!,
      type: 'JOB_TYPE_STREAMING',
      currentState: 'JOB_STATE_QUEUED',
      createTime: { seconds: 1_790_000_000 + this.jobs.length },
    }
    this.jobs.push(job)
    return { job }
  }

  private ListJobs({ pageToken, name, filter }: Request) {
    const active = this.jobs.filter(
      (job) =>
        (filter !== 'ACTIVE' || /QUEUED|RUNNING|PENDING/.test(String(job.currentState))) &&
        (!name || job.name === name),
    )
    const from = Number(pageToken || 0)
    const jobs = active.slice(from, from + this.pageSize)
    return { jobs, nextPageToken: from + this.pageSize < active.length ? String(from + this.pageSize) : '' }
  }

  private UpdateJob({ jobId, job: change }: Request) {
    const job = this.jobs.find(({ id }) => id === jobId)
    if (!job) throw new Refusal(5, 'no such job')
    job.currentState = (change as DataflowJob).requestedState!
    return job
  }
}

/** Starts a fake API on free ports of this machine, over gRPC and REST. */
export async function startFakeDataflow(): Promise<{
  fake: FakeDataflow
  grpcPort: number
  restPort: number
  stop(): Promise<void>
}> {
  const fake = new FakeDataflow()
  const grpc = await serveGrpc(fake)
  const rest = await serveRest(fake)
  return {
    fake,
    grpcPort: grpc.port,
    restPort: rest.port,
    stop: async () => {
      await Promise.all([grpc.stop(), rest.stop()])
    },
  }
}
