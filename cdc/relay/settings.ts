import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'

const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback)

const schema = z.object({
  KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((text) => text.split(',')),
  KAFKA_TLS: z.stringbool().default(false),
  KAFKA_SASL_USER: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
  RELAY_GROUP: z.string().min(1).default('hospital-relay'),
  GOOGLE_CLOUD_PROJECT: z.string().min(1),
  EVENTS_GROUP: z.string().min(1).default('hospital-relay-events'),
  EVENTS_TOPIC: z.string().min(1).default('hospital-events'),
  CHANGES_TOPIC: z.string().min(1).default('hospital-changes'),
  DEAD_LETTER_TOPIC: z.string().min(1).default('hospital-dead-letters'),
  LAKE_BUCKET: z.string().min(1),
  RELAY_MAX_BATCH_CHANGES: count(5_000),
  RELAY_MAX_BATCH_BYTES: count(4_000_000),
  RELAY_LINGER_MS: count(250),
  /** What may wait for Pub/Sub's answer, in bytes of NDJSON, before reading stops; for events, a third of it. */
  RELAY_MAX_IN_FLIGHT_BYTES: count(48_000_000),
  METRICS_PORT: z.coerce.number().int().min(0).max(65535).default(9464),
  METRICS_HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
})

export type RelaySettings = z.infer<typeof schema>

/** Reads the relay's settings. Throws SETTING_INVALID that names each wrong one, never its value. */
export function readRelaySettings(env: Record<string, string | undefined>): RelaySettings {
  const result = schema.safeParse(env)
  if (!result.success) {
    const wrong = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
    throw new PipelineError('SETTING_INVALID', { settings: wrong })
  }
  const settings = result.data
  if ((settings.KAFKA_SASL_USER === undefined) !== (settings.KAFKA_SASL_PASSWORD === undefined)) {
    throw new PipelineError('SETTING_INVALID', {
      settings: 'KAFKA_SASL_USER and KAFKA_SASL_PASSWORD go together',
    })
  }
  return settings
}
