import { z } from 'zod'

const PROJECT = '[a-z][a-z0-9-]{4,28}[a-z0-9]'
const RESOURCE = '[A-Za-z][A-Za-z0-9._~+%-]{2,254}'

const matching = (pattern: RegExp, what: string) => z.string().regex(pattern, `must be ${what}`)

export const subscription = matching(
  new RegExp(`^projects/${PROJECT}/subscriptions/${RESOURCE}$`),
  'projects/<project>/subscriptions/<name>',
)
export const topic = matching(
  new RegExp(`^projects/${PROJECT}/topics/${RESOURCE}$`),
  'projects/<project>/topics/<name>',
)
/** A folder or an object: a path on this machine is for runs here. */
export const place = matching(
  /^(gs:\/\/[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]|\/[^\s]+)(\/[^\s*?[\]]*)?$/,
  'gs://<bucket>/<path>',
)
export const table = matching(
  new RegExp(`^${PROJECT}[:.][A-Za-z0-9_]{1,1024}(\\.[A-Za-z0-9_]{1,1024})$`),
  '<project>:<dataset>.<table>',
)
export const dataset = matching(new RegExp(`^${PROJECT}[:.][A-Za-z0-9_]{1,1024}$`), '<project>:<dataset>')
export const day = matching(/^\d{8}$/, 'a day as YYYYMMDD')
export const instant = z.iso.datetime({ error: 'must be a time in UTC, such as 2026-03-01T00:00:00Z' })
export const secret = matching(
  new RegExp(`^projects/(${PROJECT}|\\d+)/secrets/[A-Za-z0-9_-]{1,255}/versions/(latest|\\d+)$`),
  'projects/<project>/secrets/<name>/versions/<version>',
)
export const jdbcUrl = matching(
  /^jdbc:postgresql:\/\/[^\s@]+$/,
  'jdbc:postgresql://<host>:<port>/<database>, without a password',
)
export const text = z.string().min(1, 'must not be empty')
/** An empty text: no value. */
export const nothing = z.literal('').transform(() => ({}))
export const flag = z.stringbool({ error: 'must be true or false' })
export const choice = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` })
export const whole = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be from ${min} to ${max}`)
/** `table:kind,table:kind`. */
export const pairs = matching(/^[a-z_]+:[a-z_]+(,[a-z_]+:[a-z_]+)*$/, 'table:kind,table:kind').transform(
  (value) => Object.fromEntries(value.split(',').map((pair) => pair.split(':') as [string, string])),
)
export const names = matching(
  /^[a-z_][a-z0-9_]*(,[a-z_][a-z0-9_]*)*$/,
  'names with commas between',
).transform((value) => value.split(','))

const RANGE = '(0|[1-9]\\d{0,15})-(0|[1-9]\\d{0,15})'
/** Offsets as `topic:partition:first-last`, with commas between; by topic and partition. */
export const offsetRanges = matching(
  new RegExp(`^([A-Za-z0-9._-]+:\\d+:${RANGE})(,[A-Za-z0-9._-]+:\\d+:${RANGE})*$`),
  'topic:partition:first-last, with commas between',
).transform((value) => {
  const runs = value.split(',').map((each) => {
    const at = each.lastIndexOf(':')
    const [first, last] = each
      .slice(at + 1)
      .split('-')
      .map(Number) as [number, number]
    return { place: each.slice(0, at), run: [first, last] as const }
  })
  return Object.fromEntries(
    [...Map.groupBy(runs, ({ place }) => place)].map(([place, group]) => [
      place,
      group.map(({ run }) => run),
    ]),
  )
})
