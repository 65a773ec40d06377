import { z } from 'zod'

/** A whole number between two. */
export const whole = (fallback: number, min: number, max: number) =>
  z.coerce.number().int().min(min).max(max).default(fallback)
export const emulatorUrl = z
  .url({ protocol: /^https?$/ })
  .transform((url) => url.replace(/(\/storage\/v1)?\/*$/, ''))
  .optional()

export const dataset = (fallback: string) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_]{1,1024}$/)
    .default(fallback)
export const policyTag = z
  .string()
  .regex(/^projects\/[^/]+\/locations\/[^/]+\/taxonomies\/\d+\/policyTags\/\d+$/)
  .optional()

export const memory = z.string().regex(/^[1-9]\d*(MB|GB|MiB|GiB)$/)
/** 32 bytes in base64. */
export const aes256Key = z
  .string()
  .regex(/^[A-Za-z0-9+/]{43}=$/)
  .transform((text) => Buffer.from(text, 'base64'))

/** JSON as text. */
export const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    context.addIssue({ code: 'custom', message: 'is no JSON' })
    return z.NEVER
  }
})
