import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'
import { NOTIFICATIONS_TOPIC } from '../topics.ts'

const schema = z.object({
  KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((text) => text.split(',')),
  KAFKA_TLS: z.stringbool().default(false),
  KAFKA_SASL_USER: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
  /** PostgreSQL as the capturing role. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  CONNECT_URL: z.url({ protocol: /^https?$/ }),
  CONNECTOR_NAME: z.string().min(1).default('hospital-postgres'),
  NOTIFICATIONS_TOPIC: z.string().min(1).default(NOTIFICATIONS_TOPIC),
  GUARD_INTERVAL_MS: z.coerce.number().int().min(100).default(2_000),
  METRICS_PORT: z.coerce.number().int().min(0).max(65535).default(9465),
  METRICS_HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
})

export type GuardSettings = z.infer<typeof schema>

/** Reads the guard's settings. Throws SETTING_INVALID that names each wrong one, never its value. */
export function readGuardSettings(env: Record<string, string | undefined>): GuardSettings {
  const result = schema.safeParse(env)
  if (result.success) return result.data
  const wrong = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  throw new PipelineError('SETTING_INVALID', { settings: wrong })
}
