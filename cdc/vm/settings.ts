import { PipelineError } from '@pipeline/hospital/errors.ts'
import { z } from 'zod'

const database = z.url({ protocol: /^postgres(ql)?$/ })
const withPassword = database.refine((url) => new URL(url).password !== '', 'has no password')
const service = z.url({ protocol: /^http$/ })

const schema = z.object({
  /** PostgreSQL as a role that may create roles and publications. */
  DATABASE_ADMIN_URL: withPassword,
  POSTGRES_CDC_PASSWORD: z.string().min(16),
  DATABASE_READER_URL: withPassword,
  DATABASE_WRITER_URL: withPassword,
  KAFKA_BROKERS: z.string().min(1),
  /** How long topics of the pipeline keep what was read already. */
  KAFKA_RETENTION_DAYS: z.coerce.number().int().min(1).max(30),
  REDPANDA_ADMIN_URL: service,
  /** The user of the VM's own parts; left out where Kafka asks nobody who it is. */
  KAFKA_SASL_USER: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(16).optional(),
  KAFKA_READER_USER: z.string().min(1),
  KAFKA_READER_PASSWORD: z.string().min(16),
  CONNECT_URL: service,
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
})
export type PrepareSettings = z.infer<typeof schema>

/** Settings of the preparation of a VM. Throws SETTING_INVALID that names each wrong one, never its value. */
export function readPrepareSettings(env: Record<string, string | undefined>): PrepareSettings {
  const result = schema.safeParse(env)
  if (result.success) return result.data
  const wrong = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  throw new PipelineError('SETTING_INVALID', { settings: wrong })
}
