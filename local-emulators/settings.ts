import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'

const port = z.coerce.number().int().min(1).max(65535).optional()

const schema = z.object({
  HOSPITAL_DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/ })
    .optional()
    .describe(
      'your own PostgreSQL instead of the embedded one, as a role that may create roles and publications',
    ),
  POSTGRES_PORT: port,
  KAFKA_PORT: port,
  CONNECT_PORT: port,
  PUBSUB_PORT: port,
  GCS_PORT: port,
  CLICKHOUSE_PORT: port,
  CONTROL_PORT: port,
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
})

/** What a user may set for the local stack; everything else has a free port or a default. */
export type Settings = z.infer<typeof schema>

/** Reads the settings from the environment. Throws SETTING_INVALID that names each wrong one, never its value. */
export function readSettings(env: Record<string, string | undefined> = process.env): Settings {
  const result = schema.safeParse(env)
  if (result.success) return result.data
  const wrong = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  throw new PipelineError('SETTING_INVALID', { settings: wrong })
}
