import { setTimeout as wait } from 'node:timers/promises'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'
import type { Ask } from './monitoring.ts'

export interface PromqlOptions {
  /** The address of a query, as `projectQueryUrl` gives it. */
  url: string
  /** What proves who asks. */
  headers(): Promise<Headers>
  timeoutMs?: number
  /** How long to wait before the one other try. */
  againMs?: number
}

/** Where Cloud Monitoring answers PromQL of a project, as Prometheus does. */
export const projectQueryUrl = (project: string): string =>
  `https://monitoring.googleapis.com/v1/projects/${project}/location/global/prometheus/api/v1/query`

const answer = z.object({
  data: z.object({
    resultType: z.literal('vector'),
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
})
const passes = (status: number | undefined): boolean =>
  status === undefined || status === 429 || status >= 500

/** Asks a Prometheus over HTTP. Throws MONITORING_UNAVAILABLE; what may pass is tried once more. */
export function promql({ url, headers, timeoutMs = 3_000, againMs = 1_000 }: PromqlOptions): Ask {
  const once = async (query: string) => {
    let status: number | undefined
    try {
      const response = await fetch(`${url}?${new URLSearchParams({ query })}`, {
        headers: await headers(),
        signal: AbortSignal.timeout(timeoutMs),
      })
      status = response.status
      if (response.ok) return { samples: answer.parse(await response.json()).data.result }
      await response.body?.cancel()
      return { status, cause: undefined }
    } catch (cause) {
      return { status, cause }
    }
  }
  return async (query) => {
    let found = await once(query)
    if (!('samples' in found) && passes(found.status)) {
      await wait(againMs)
      found = await once(query)
    }
    if (!('samples' in found))
      throw new PipelineError('MONITORING_UNAVAILABLE', { status: found.status }, found.cause)
    return found.samples
      .map(({ metric, value: [, text] }) => ({ labels: metric, value: Number(text) }))
      .filter(({ value }) => Number.isFinite(value))
  }
}
