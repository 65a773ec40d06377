import { FlexTemplatesServiceClient, JobsV1Beta3Client, type protos } from '@google-cloud/dataflow'
import type { LaunchRequest } from './request.ts'

export type DataflowJob = protos.google.dataflow.v1beta3.IJob
export interface Where {
  project: string
  region: string
}

/** The part of Dataflow that the launcher uses; errors are those of the API, with its `code` of gRPC. */
export interface Dataflow {
  launch(request: LaunchRequest): Promise<DataflowJob>
  /** Jobs that have not ended; by name where one is given. */
  active(where: Where, name?: string): Promise<DataflowJob[]>
  request(
    where: Where,
    jobId: string,
    state: 'JOB_STATE_DRAINED' | 'JOB_STATE_CANCELLED',
  ): Promise<DataflowJob>
  close(): Promise<void>
}

export interface ClientOptions {
  /** gRPC, or REST where a proxy lets nothing else through. */
  via?: 'grpc' | 'rest'
  /** Passed on to Google's clients: `apiEndpoint`, `port`, credentials. */
  client?: ConstructorParameters<typeof JobsV1Beta3Client>[0]
  timeoutMs?: number
}

/** No retries of the client's own: a launch that is tried again blindly is launched twice. */
const once = (timeout: number) => ({ timeout, retry: null as never })

/** Opens Google's clients of Dataflow. */
export function openDataflow({ via = 'grpc', client, timeoutMs = 30_000 }: ClientOptions = {}): Dataflow {
  const options = { ...client, ...(via === 'rest' ? { fallback: true as const } : {}) }
  const flex = new FlexTemplatesServiceClient(options)
  const jobs = new JobsV1Beta3Client(options)
  return {
    async launch(request) {
      const [{ job }] = await flex.launchFlexTemplate(request, once(timeoutMs))
      return job ?? {}
    },
    async active({ project, region }, name) {
      const request = {
        projectId: project,
        location: region,
        filter: 'ACTIVE' as const,
        ...(name ? { name } : {}),
      }
      const found: DataflowJob[] = []
      for await (const job of jobs.listJobsAsync(request, once(timeoutMs))) found.push(job)
      // Servers that do not know the field `name` give all of them.
      return name === undefined ? found : found.filter((job) => job.name === name)
    },
    async request({ project, region }, jobId, requestedState) {
      const [job] = await jobs.updateJob(
        { projectId: project, location: region, jobId, job: { requestedState } },
        once(timeoutMs),
      )
      return job
    },
    async close() {
      await Promise.all([flex.close(), jobs.close()])
    },
  }
}
