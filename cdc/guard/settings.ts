import { z } from 'zod'
import { commonSettings, port, readEnvironment } from '../environment.ts'
import { NOTIFICATIONS_TOPIC } from '../topics.ts'

const schema = z.object({
  ...commonSettings,
  /** PostgreSQL as the capturing role. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  CONNECT_URL: z.url({ protocol: /^https?$/ }),
  CONNECTOR_NAME: z.string().min(1).default('hospital-postgres'),
  NOTIFICATIONS_TOPIC: z.string().min(1).default(NOTIFICATIONS_TOPIC),
  GUARD_INTERVAL_MS: z.coerce.number().int().min(100).default(2_000),
  METRICS_PORT: port(9465),
})

export type GuardSettings = z.infer<typeof schema>

/** Reads the guard's settings. Throws SETTING_INVALID that names each wrong one, never its value. */
export const readGuardSettings = (env: Record<string, string | undefined>): GuardSettings =>
  readEnvironment(schema, env)
