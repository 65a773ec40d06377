import { PubSub } from '@google-cloud/pubsub'
import type { ReplayReport } from '@pipeline/cdc/replay/report.ts'
import { storageClient } from '@pipeline/functions/lake/gcs.ts'
import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'
import { type ReplayPlace, type ReplayWhat, replayIn } from './replay-in.ts'

const schema = z.object({
  /** In front of every name of the environment. */
  ENVIRONMENT: z.string().regex(/^[a-z][a-z0-9]{1,9}$/),
  GOOGLE_CLOUD_PROJECT: z.string().min(1),
  PROJECT_NUMBER: z.string().regex(/^\d+$/),
  REGION: z.string().min(1),
  LAKE_BUCKET: z.string().min(1),
  KAFKA_BROKERS: z.string().min(1),
  KAFKA_SASL_USER: z.string().min(1),
  KAFKA_SASL_PASSWORD: z.string().min(1),
})
export type CloudReplaySettings = z.infer<typeof schema>

/** Settings of a replay on the VM. Throws SETTING_INVALID that names each wrong one. */
export function readCloudReplay(env: Record<string, string | undefined>): CloudReplaySettings {
  const result = schema.safeParse(env)
  if (result.success) return result.data
  const wrong = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
  throw new PipelineError('SETTING_INVALID', { settings: wrong.join('; ') })
}

/** The address of a function; Cloud Run makes it of the service's name, the project's number and the region. */
export function functionUrl(
  { ENVIRONMENT, PROJECT_NUMBER, REGION }: CloudReplaySettings,
  name: string,
): string {
  return `https://${ENVIRONMENT}-${name}-${PROJECT_NUMBER}.${REGION}.run.app`
}

const reportSchema = z.object({ tables: z.record(z.string(), z.object({ broken: z.number() })) })

/** An environment in the cloud as the VM's own account may replay in it. */
export function cloudPlace(
  settings: CloudReplaySettings,
  clients: Pick<ReplayPlace, 'pubsub' | 'bucket'>,
  idToken: (audience: string) => Promise<{ authorization: string }>,
  send: typeof fetch = fetch,
): ReplayPlace {
  return {
    ...clients,
    kafka: {
      brokers: settings.KAFKA_BROKERS.split(','),
      sasl: { username: settings.KAFKA_SASL_USER, password: settings.KAFKA_SASL_PASSWORD },
    },
    nameOf: (name) => `${settings.ENVIRONMENT}-${name}`,
    async load(loader, body) {
      const url = functionUrl(settings, loader)
      const refused = (why: string, cause?: unknown) =>
        new PipelineError('REQUEST_INVALID', { function: loader, why }, cause)
      let response: Response
      try {
        response = await send(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...(await idToken(url)) },
          body: JSON.stringify(body),
          signal: AbortSignal.timeout(3_600_000),
        })
      } catch (error) {
        throw refused('it does not answer', error)
      }
      if (!response.ok) throw refused(`it answered ${response.status}: see its log`)
      return reportSchema.parse(await response.json())
    },
  }
}

/** Replays in the environment of the VM that this runs on. */
export async function replayInCloud(
  settings: CloudReplaySettings,
  dryRun: boolean,
  replay: ReplayWhat,
): Promise<ReplayReport> {
  const projectId = settings.GOOGLE_CLOUD_PROJECT
  const pubsub = new PubSub({ projectId })
  const bucket = storageClient({ projectId }).bucket(settings.LAKE_BUCKET)
  const idToken = async (audience: string) => {
    const client = await pubsub.auth.getIdTokenClient(audience)
    const headers = await client.getRequestHeaders(audience)
    return { authorization: headers.get('authorization') ?? '' }
  }
  try {
    return await replayIn(cloudPlace(settings, { pubsub, bucket }, idToken), dryRun, replay)
  } finally {
    await pubsub.close().catch(() => undefined)
  }
}
