import { z } from 'zod'

/** A message as a push subscription delivers it. */
export interface PushMessage {
  data: Buffer
  attributes: Record<string, string>
  messageId: string
  /** ISO 8601 UTC; Pub/Sub always gives it. */
  publishTime?: string | undefined
  /** `projects/<p>/subscriptions/<s>`. */
  subscription?: string | undefined
  /** Only with a dead-letter policy. */
  deliveryAttempt?: number | undefined
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/
const envelope = z.object({
  message: z.object({
    data: z
      .string()
      .refine((text) => text.length % 4 === 0 && BASE64.test(text), { error: 'expected base64' })
      .default(''),
    attributes: z.record(z.string(), z.string()).nullish(),
    messageId: z.string().min(1),
    publishTime: z.string().min(1).optional(),
  }),
  subscription: z.string().optional(),
  deliveryAttempt: z.int().optional(),
})

/** Reads the wrapped JSON of a push; or says which part is wrong, without its value. */
export function decodeEnvelope(body: Buffer | undefined): { message: PushMessage } | { wrong: string } {
  let parsed: unknown
  try {
    parsed = JSON.parse((body ?? Buffer.alloc(0)).toString('utf8'))
  } catch {
    return { wrong: 'the body is not JSON' }
  }
  const result = envelope.safeParse(parsed)
  if (!result.success) {
    const paths = result.error.issues.map(({ path }) => path.slice(0, 2).map(String).join('.') || 'the body')
    return { wrong: [...new Set(paths)].join(', ') }
  }
  const { message, subscription, deliveryAttempt } = result.data
  const { data, attributes, messageId, publishTime } = message
  return {
    message: {
      data: Buffer.from(data, 'base64'),
      attributes: attributes ?? {},
      messageId,
      publishTime,
      subscription,
      deliveryAttempt,
    },
  }
}
