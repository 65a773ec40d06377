import { z } from 'zod'
import { commonSettings, port, readEnvironment } from '../environment.ts'

const count = (fallback: number) => z.coerce.number().int().min(1).default(fallback)

const schema = z.object({
  ...commonSettings,
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
  METRICS_PORT: port(9464),
})

export type RelaySettings = z.infer<typeof schema>

/** Reads the relay's settings. Throws SETTING_INVALID that names each wrong one, never its value. */
export const readRelaySettings = (env: Record<string, string | undefined>): RelaySettings =>
  readEnvironment(schema, env)
