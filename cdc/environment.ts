import { PipelineError } from '@pipeline/hospital/errors.ts'
import type { Kafka } from 'kafkajs'
import type { Logger } from 'pino'
import { z } from 'zod'
import { createKafka } from './relay/kafka.ts'

/** Settings that every process on the VM has: the brokers, its metrics, its log. */
export const commonSettings = {
  KAFKA_BROKERS: z
    .string()
    .min(1)
    .transform((text) => text.split(',')),
  KAFKA_TLS: z.stringbool().default(false),
  KAFKA_SASL_USER: z.string().min(1).optional(),
  KAFKA_SASL_PASSWORD: z.string().min(1).optional(),
  METRICS_HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
}

/** A port to serve metrics on. */
export const port = (fallback: number) => z.coerce.number().int().min(0).max(65535).default(fallback)

type KafkaEnvironment = Pick<
  z.output<z.ZodObject<typeof commonSettings>>,
  'KAFKA_BROKERS' | 'KAFKA_TLS' | 'KAFKA_SASL_USER' | 'KAFKA_SASL_PASSWORD'
>

/** Reads settings from an environment. Throws SETTING_INVALID that names each wrong one, never its value. */
export function readEnvironment<S extends z.ZodType<KafkaEnvironment>>(
  schema: S,
  env: Record<string, string | undefined>,
): z.output<S> {
  const result = schema.safeParse(env)
  if (!result.success) {
    const wrong = result.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
    throw new PipelineError('SETTING_INVALID', { settings: wrong })
  }
  const { KAFKA_SASL_USER: user, KAFKA_SASL_PASSWORD: password } = result.data
  if ((user === undefined) !== (password === undefined)) {
    throw new PipelineError('SETTING_INVALID', {
      settings: 'KAFKA_SASL_USER and KAFKA_SASL_PASSWORD go together',
    })
  }
  return result.data
}

/** The Kafka client that the settings ask for. */
export function kafkaOf(settings: KafkaEnvironment, clientId: string, logger: Logger): Kafka {
  const { KAFKA_BROKERS: brokers, KAFKA_TLS: tls } = settings
  const { KAFKA_SASL_USER: username, KAFKA_SASL_PASSWORD: password } = settings
  const sasl = username && password ? { username, password } : undefined
  return createKafka({ brokers, tls, sasl }, clientId, logger)
}
